#include "data/idx.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  (void)tenon::data::read_idx(tenon::FuzzFile(bytes, size).path());
  return 0;
}
