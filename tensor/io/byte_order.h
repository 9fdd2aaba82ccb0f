// Byte order of numbers in files. Tenon runs on little-endian machines only.
#ifndef TENON_TENSOR_IO_BYTE_ORDER_H_
#define TENON_TENSOR_IO_BYTE_ORDER_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tenon {

static_assert(std::endian::native == std::endian::little);

/// An unaligned little-endian number.
template <class T>
T load_little_endian(const void* from) {
  T value;
  std::memcpy(&value, from, sizeof(T));
  return value;
}

/// An unaligned big-endian 32-bit number.
inline std::uint32_t load_big_endian32(const void* from) {
  return __builtin_bswap32(load_little_endian<std::uint32_t>(from));
}

/// Reverses the bytes of each of `count` numbers of `size` bytes (1, 2, 4 or 8) in place.
inline void swap_bytes(void* numbers, std::size_t count, std::size_t size) {
  auto* bytes = static_cast<unsigned char*>(numbers);
  for (std::size_t i = 0; i < count; ++i, bytes += size) {
    for (std::size_t k = 0; k < size / 2; ++k) std::swap(bytes[k], bytes[size - 1 - k]);
  }
}

}  // namespace tenon

#endif  // TENON_TENSOR_IO_BYTE_ORDER_H_
