// read_torch_pickle over bytes of any kind.
#include <cstddef>
#include <cstdint>

#include "tensor/io/fuzz_touch.h"
#include "tensor/io/torch_pickle.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const tenon::FuzzFile file(bytes, size);
  const auto contents = tenon::read_torch_pickle(file.path());
  if (!contents.ok()) return 0;
  for (const auto& [name, tensor] : contents->tensors) tenon::touch(tensor);
  return 0;
}
