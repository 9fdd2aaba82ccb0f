// read_csv over bytes of any kind: every column type, with and without a header, by one thread and
// by three, which must agree.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "data/csv/csv.h"
#include "tools/fuzz_file.h"

namespace {

using namespace tenon::data;

const CsvSchema kSchemas[] = {
    {.columns = {{.name = "x", .type = CsvType::kF32, .count = 2},
                 {.name = "y", .type = CsvType::kI64, .low = 0, .high = 9}}},
    {.columns = {{.name = "hot", .type = CsvType::kOneHot, .count = 9},
                 {.name = "u", .type = CsvType::kU8},
                 {.name = "t", .type = CsvType::kText}}},
    {.columns = {{.name = "d", .type = CsvType::kF64, .missing = 0},
                 {.name = "c", .type = CsvType::kCategory, .categories = {"cat", "dog"}},
                 {.name = "s", .type = CsvType::kSkip, .count = 2},
                 {.name = "i", .type = CsvType::kI32}},
     .separator = ';',
     .header = true},
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tenon::FuzzFile file(data, size);
  for (const CsvSchema& schema : kSchemas) {
    const auto one = read_csv(file.path(), schema, {.threads = 1, .max_bytes = 1 << 22});
    const auto three = read_csv(file.path(), schema, {.threads = 3, .max_bytes = 1 << 22});
    if (one.status() != three.status() || (one.ok() && one->rows() != three->rows())) std::abort();
  }
  return 0;
}
