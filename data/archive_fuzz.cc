#include "data/archive.h"
#include "tools/fuzz_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const tenon::FuzzFile file(bytes, size);
  auto archive =
      tenon::data::ArchiveReader::open(file.path(), {.max_bytes = 1 << 24, .max_files = 1000});
  if (!archive.ok()) return 0;
  while (true) {
    const auto more = archive->next();
    if (!more.ok() || !*more) return 0;
    (void)archive->read();
  }
}
