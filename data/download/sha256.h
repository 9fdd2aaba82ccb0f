// SHA-256 (FIPS 180-4, §6.2), by which a download is known to be the file that was meant.
//
//   Sha256 hash;
//   hash.add(bytes);
//   std::string hex = hash.hex();     // 64 digits
#ifndef TENON_DATA_DOWNLOAD_SHA256_H_
#define TENON_DATA_DOWNLOAD_SHA256_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tenon::data {

class Sha256 {
 public:
  void add(std::string_view bytes);
  /// The digest of all bytes added, in lower-case hexadecimal. Call once, at the end.
  std::string hex();

 private:
  void process(const unsigned char* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> block_{};
  std::size_t filled_ = 0;  // bytes of block_
  std::uint64_t total_ = 0;
};

/// The digest of a file. Errors of the system.
absl::StatusOr<std::string> sha256_of_file(const std::string& path);

}  // namespace tenon::data

#endif  // TENON_DATA_DOWNLOAD_SHA256_H_
