// load_covertype over bytes of any kind, and what it returns where it takes them.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "data/covertype/covertype.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const tenon::FuzzFile file(data, size);
  const auto rows = tenon::data::load_covertype(file.path());
  if (!rows.ok()) return 0;
  for (const auto label : rows->labels.to_vector<std::int64_t>()) {
    if (label < 0 || label > 6) std::abort();
  }
  for (const auto soil : rows->soil.to_vector<std::int64_t>()) {
    if (soil < 0 || soil >= tenon::data::kCovertypeSoils) std::abort();
  }
  return 0;
}
