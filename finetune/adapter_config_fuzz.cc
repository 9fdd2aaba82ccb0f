#include "finetune/adapter_folder.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  (void)tenon::finetune::read_adapter_config(tenon::FuzzFile(bytes, size).path());
  return 0;
}
