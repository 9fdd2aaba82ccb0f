// read_npz over bytes of any kind.
#include <cstddef>
#include <cstdint>

#include "tensor/io/fuzz_touch.h"
#include "tensor/io/npz.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const tenon::FuzzFile file(bytes, size);
  const auto archive = tenon::read_npz(file.path());
  if (!archive.ok()) return 0;
  for (const auto& [name, array] : archive->tensors) tenon::touch(array);
  return 0;
}
