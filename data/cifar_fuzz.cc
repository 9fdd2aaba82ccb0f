#include "data/cifar.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const tenon::FuzzFile file(bytes, size);
  (void)tenon::data::read_cifar10_file(file.path());
  (void)tenon::data::read_cifar100_file(file.path());
  return 0;
}
