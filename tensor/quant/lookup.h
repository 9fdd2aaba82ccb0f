// From packed 4-bit codes to numbers: one table of 16 numbers, already multiplied by the block's
// scale, read 8 to 32 codes at a time.
//
// With AVX-512 a table is one register, and a permutation looks up a whole register of codes: five
// instructions for 16 f32 or 32 16-bit results. With AVX2 a table of f32 is two registers, between
// which the upper bit of a code chooses, and one of 16 bits is two tables of bytes. Elsewhere it is
// a loop over bytes.
#ifndef TENON_TENSOR_QUANT_LOOKUP_H_
#define TENON_TENSOR_QUANT_LOOKUP_H_

#include <cstdint>
#include <cstring>

#include "tensor/cpu/float_lanes.h"

namespace tenon::quant {

/// Numbers of codes [begin, end), which both lie in one block. A byte holds two codes, the first in
/// its upper half; begin is even.
template <class T>
void look_up(const T (&table)[16], const std::uint8_t* codes, std::int64_t begin, std::int64_t end,
             T* out) {
  std::int64_t i = begin;
  for (; i + 1 < end; i += 2) {
    const std::uint8_t byte = codes[i / 2];
    out[0] = table[byte >> 4];
    out[1] = table[byte & 15];
    out += 2;
  }
  if (i < end) out[0] = table[codes[i / 2] >> 4];
}

#ifdef TENON_FLOAT_LANES

/// 16 floats in registers. at(codes) are the numbers of kLanes codes.
class Table16 {
 public:
#ifdef __AVX512F__
  explicit Table16(const float* numbers) : numbers_(_mm512_loadu_ps(numbers)) {}

  cpu::Lanes at(const std::uint8_t* codes) const {
    // Each as the lower bits of a lane: a permutation ignores the upper ones.
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes));
    const __m512i pairs = _mm512_cvtepu8_epi64(bytes);
    const __m512i spread =
        _mm512_or_si512(_mm512_srli_epi64(pairs, 4), _mm512_slli_epi64(pairs, 32));
    return _mm512_permutexvar_ps(spread, numbers_);
  }

 private:
  cpu::Lanes numbers_;
#else
  explicit Table16(const float* numbers)
      : lower_(_mm256_loadu_ps(numbers)), upper_(_mm256_loadu_ps(numbers + 8)) {}

  cpu::Lanes at(const std::uint8_t* codes) const {
    // Each as the lower bits of a lane: a permutation ignores all but three.
    std::int32_t bytes;
    std::memcpy(&bytes, codes, sizeof(bytes));
    const __m256i pairs = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128(bytes));
    const __m256i spread =
        _mm256_or_si256(_mm256_srli_epi64(pairs, 4), _mm256_slli_epi64(pairs, 32));
    const cpu::LaneMask in_upper(_mm256_castsi256_ps(_mm256_slli_epi32(spread, 28)));
    return cpu::instructions::select(in_upper, _mm256_permutevar8x32_ps(upper_, spread),
                                     _mm256_permutevar8x32_ps(lower_, spread));
  }

 private:
  cpu::Lanes lower_, upper_;
#endif
};

/// `count` numbers, a multiple of 32.
inline void look_up_wide(const float (&table)[16], const std::uint8_t* codes, std::int64_t count,
                         float* out) {
  const Table16 numbers(table);
  for (std::int64_t i = 0; i < count; i += cpu::kLanes) {
    cpu::store(out + i, numbers.at(codes + i / 2));
  }
}

#endif  // TENON_FLOAT_LANES

#if defined(__AVX512F__) && defined(__AVX512BW__)

/// Codes of 16 bytes as the lower bits of 32 numbers of 16 bits. Five bits of each count: a table
/// of 32 is the table of 16 twice.
inline __m512i spread32(const std::uint8_t* codes) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  const __m512i pairs = _mm512_cvtepu8_epi32(bytes);
  return _mm512_or_si512(_mm512_srli_epi32(pairs, 4), _mm512_slli_epi32(pairs, 16));
}

inline void look_up_wide(const std::uint16_t (&table)[16], const std::uint8_t* codes,
                         std::int64_t count, std::uint16_t* out) {
  const __m256i once = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(table));
  const __m512i numbers = _mm512_broadcast_i64x4(once);
  for (std::int64_t i = 0; i < count; i += 32) {
    _mm512_storeu_si512(out + i, _mm512_permutexvar_epi16(spread32(codes + i / 2), numbers));
  }
}

#elif defined(__AVX2__)

/// 32 codes from 16 bytes: the first of each byte's as bytes, then the second of each.
inline __m256i halves_of_bytes(const std::uint8_t* codes) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  const __m256i both = _mm256_set_m128i(bytes, _mm_srli_epi16(bytes, 4));
  return _mm256_and_si256(both, _mm256_set1_epi8(15));
}

inline void look_up_wide(const std::uint16_t (&table)[16], const std::uint8_t* codes,
                         std::int64_t count, std::uint16_t* out) {
  alignas(16) std::uint8_t bytes[2][16];  // the lower ones of the numbers and the upper ones
  for (int i = 0; i < 16; ++i) {
    bytes[0][i] = static_cast<std::uint8_t>(table[i] & 0xff);
    bytes[1][i] = static_cast<std::uint8_t>(table[i] >> 8);
  }
  const auto twice = [](const std::uint8_t* from) {
    return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(from)));
  };
  const __m256i lower = twice(bytes[0]), upper = twice(bytes[1]);
  for (std::int64_t i = 0; i < count; i += 32) {
    const __m256i each = halves_of_bytes(codes + i / 2);
    const __m256i low = _mm256_shuffle_epi8(lower, each), high = _mm256_shuffle_epi8(upper, each);
    const __m256i words_a = _mm256_unpacklo_epi8(low, high);  // of the first 8 bytes
    const __m256i words_b = _mm256_unpackhi_epi8(low, high);
    const auto store_pairs = [&](__m256i words, std::uint16_t* to) {
      const __m128i first = _mm256_castsi256_si128(words);
      const __m128i second = _mm256_extracti128_si256(words, 1);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm_unpacklo_epi16(first, second));
      _mm_storeu_si128(reinterpret_cast<__m128i*>(to + 8), _mm_unpackhi_epi16(first, second));
    };
    store_pairs(words_a, out + i);
    store_pairs(words_b, out + i + 16);
  }
}

#endif

/// Where there are no registers for it.
template <class T>
void look_up_wide(const T (&table)[16], const std::uint8_t* codes, std::int64_t count, T* out) {
  look_up(table, codes, 0, count, out);
}

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_LOOKUP_H_
