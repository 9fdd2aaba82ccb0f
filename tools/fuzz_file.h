// Bytes of a fuzzer as a file, for readers that take a path. Nothing is written to a disk.
//
//   extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
//     (void)tenon::data::read_idx(tenon::FuzzFile(bytes, size).path());
//     return 0;
//   }
#ifndef TENON_TOOLS_FUZZ_FILE_H_
#define TENON_TOOLS_FUZZ_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace tenon {

class FuzzFile {
 public:
  FuzzFile(const std::uint8_t* bytes, std::size_t size) : file_(memfd_create("fuzz", MFD_CLOEXEC)) {
    if (file_ < 0 || write(file_, bytes, size) != static_cast<ssize_t>(size)) std::abort();
  }
  ~FuzzFile() { close(file_); }
  FuzzFile(const FuzzFile&) = delete;
  FuzzFile& operator=(const FuzzFile&) = delete;

  std::string path() const { return "/proc/self/fd/" + std::to_string(file_); }

 private:
  int file_;
};

}  // namespace tenon

#endif  // TENON_TOOLS_FUZZ_FILE_H_
