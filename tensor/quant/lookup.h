// From packed 4-bit codes to numbers: one table of 16 numbers, already multiplied by the block's
// scale, read 16 or 32 codes at a time.
//
// With AVX-512 a table is one register, and a permutation looks up a whole register of codes: five
// instructions for 16 f32 or 32 16-bit results. Elsewhere it is a loop over bytes.
#ifndef TENON_TENSOR_QUANT_LOOKUP_H_
#define TENON_TENSOR_QUANT_LOOKUP_H_

#include <cstdint>

#if defined(__AVX512F__) && defined(__AVX512BW__)
#define TENON_QUANT_AVX512 1
#include <immintrin.h>
#endif

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

#ifdef TENON_QUANT_AVX512

/// Codes of 8 bytes as the lower bits of 16 numbers, in order. A permutation ignores the upper
/// bits.
inline __m512i spread16(const std::uint8_t* codes) {
  const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(codes));
  const __m512i pairs = _mm512_cvtepu8_epi64(bytes);
  return _mm512_or_si512(_mm512_srli_epi64(pairs, 4), _mm512_slli_epi64(pairs, 32));
}

/// The same for 16 bytes and 32 numbers of 16 bits. Five bits of each count: a table of 32 is the
/// table of 16 twice.
inline __m512i spread32(const std::uint8_t* codes) {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(codes));
  const __m512i pairs = _mm512_cvtepu8_epi32(bytes);
  return _mm512_or_si512(_mm512_srli_epi32(pairs, 4), _mm512_slli_epi32(pairs, 16));
}

/// `count` numbers, a multiple of 32.
inline void look_up_wide(const float (&table)[16], const std::uint8_t* codes, std::int64_t count,
                         float* out) {
  const __m512 numbers = _mm512_loadu_ps(table);
  for (std::int64_t i = 0; i < count; i += 16) {
    _mm512_storeu_ps(out + i, _mm512_permutexvar_ps(spread16(codes + i / 2), numbers));
  }
}

inline void look_up_wide(const std::uint16_t (&table)[16], const std::uint8_t* codes,
                         std::int64_t count, std::uint16_t* out) {
  const __m256i once = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(table));
  const __m512i numbers = _mm512_broadcast_i64x4(once);
  for (std::int64_t i = 0; i < count; i += 32) {
    _mm512_storeu_si512(out + i, _mm512_permutexvar_epi16(spread32(codes + i / 2), numbers));
  }
}

#else

template <class T>
void look_up_wide(const T (&table)[16], const std::uint8_t* codes, std::int64_t count, T* out) {
  look_up(table, codes, 0, count, out);
}

#endif

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_LOOKUP_H_
