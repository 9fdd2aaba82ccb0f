// read_npy over bytes of any kind.
#include <cstddef>
#include <cstdint>

#include "tensor/io/fuzz_touch.h"
#include "tensor/io/npy.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const tenon::FuzzFile file(bytes, size);
  if (const auto array = tenon::read_npy(file.path()); array.ok()) tenon::touch(*array);
  return 0;
}
