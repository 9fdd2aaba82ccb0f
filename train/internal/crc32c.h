// CRC-32C (Castagnoli), the checksum of TFRecord files.
#ifndef TENON_TRAIN_INTERNAL_CRC32C_H_
#define TENON_TRAIN_INTERNAL_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace tenon::train::internal {

/// (RFC 3720, appendix B.4)
std::uint32_t crc32c(std::string_view bytes);

}  // namespace tenon::train::internal

#endif  // TENON_TRAIN_INTERNAL_CRC32C_H_
