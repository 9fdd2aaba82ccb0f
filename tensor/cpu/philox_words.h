// Philox for runs of numbers: as many blocks at once as a register has lanes of 64 bits.
#ifndef TENON_TENSOR_CPU_PHILOX_WORDS_H_
#define TENON_TENSOR_CPU_PHILOX_WORDS_H_

#include <cstdint>
#include <cstring>
#include <utility>

#ifdef __AVX2__
#include <immintrin.h>
#endif

#include "tensor/internal/philox.h"

namespace tenon::cpu {

#if defined(__AVX512F__)
inline constexpr int kPhiloxBlocks = 8;
#elif defined(__AVX2__)
inline constexpr int kPhiloxBlocks = 4;
#else
inline constexpr int kPhiloxBlocks = 2;
#endif

/// A word of each block, in the lower half of its lane; the upper half holds anything.
using PhiloxLanes [[gnu::vector_size(kPhiloxBlocks * sizeof(std::uint64_t))]] = std::uint64_t;

/// The products of the lower halves.
inline PhiloxLanes multiply_words(PhiloxLanes a, PhiloxLanes b) {
#if defined(__AVX512F__)
  return reinterpret_cast<PhiloxLanes>(
      _mm512_mul_epu32(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b)));
#elif defined(__AVX2__)
  return reinterpret_cast<PhiloxLanes>(
      _mm256_mul_epu32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b)));
#else
  constexpr std::uint64_t kLower = 0xFFFFFFFF;
  return (a & kLower) * (b & kLower);
#endif
}

/// a[kFirst], b[kFirst], a[kFirst + 1], b[kFirst + 1], …
template <int kFirst>
inline void store_pairs(PhiloxLanes a, PhiloxLanes b, std::uint32_t* words) {
  const auto pairs = [&]<int... i>(std::integer_sequence<int, i...>) {
    return __builtin_shufflevector(a, b, (kFirst + i / 2 + i % 2 * kPhiloxBlocks)...);
  }
  (std::make_integer_sequence<int, kPhiloxBlocks>{});
  std::memcpy(words, &pairs, sizeof(pairs));
}

/// The keys of all rounds, in every lane.
struct PhiloxKeys {
  explicit PhiloxKeys(std::uint64_t seed) {
    using internal::PhiloxConstants;
    std::uint32_t key0 = static_cast<std::uint32_t>(seed);
    std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
    for (int round = 0; round < PhiloxConstants::kRounds; ++round) {
      first[round] = PhiloxLanes{} + key0;
      second[round] = PhiloxLanes{} + key1;
      key0 += PhiloxConstants::kWeyl0;
      key1 += PhiloxConstants::kWeyl1;
    }
  }
  PhiloxLanes first[internal::PhiloxConstants::kRounds];
  PhiloxLanes second[internal::PhiloxConstants::kRounds];
};

/// Registers of blocks that are computed side by side: a round waits for a product and three
/// operations on it, some 8 cycles in which others may begin.
inline constexpr int kPhiloxRegisters = 3;

/// words[4 i + k] = word k of block `first` + i, as internal::philox has it, for kRegisters
/// kPhiloxBlocks blocks.
template <int kRegisters>
inline void philox_lanes(const PhiloxKeys& keys, std::uint64_t first, std::uint32_t* words) {
  using internal::PhiloxConstants;
  const PhiloxLanes zero{};
  const PhiloxLanes multiplier0 = zero + PhiloxConstants::kMultiplier0;
  const PhiloxLanes multiplier1 = zero + PhiloxConstants::kMultiplier1;
  PhiloxLanes c0[kRegisters], c1[kRegisters], c2[kRegisters], c3[kRegisters], step{};
  for (int i = 0; i < kPhiloxBlocks; ++i) step[i] = static_cast<std::uint64_t>(i);
#pragma GCC unroll 3
  for (int r = 0; r < kRegisters; ++r) {
    c0[r] = step + (first + static_cast<std::uint64_t>(r * kPhiloxBlocks));
    c1[r] = c0[r] >> 32;
    c2[r] = c3[r] = zero;
  }
#pragma GCC unroll 10
  for (int round = 0; round < PhiloxConstants::kRounds; ++round) {
#pragma GCC unroll 3
    for (int r = 0; r < kRegisters; ++r) {
      const PhiloxLanes product0 = multiply_words(c0[r], multiplier0);
      const PhiloxLanes product1 = multiply_words(c2[r], multiplier1);
      c0[r] = (product1 >> 32) ^ (c1[r] ^ keys.first[round]);
      c2[r] = (product0 >> 32) ^ (c3[r] ^ keys.second[round]);
      c1[r] = product1;
      c3[r] = product0;
    }
  }
  const PhiloxLanes lower = zero + 0xFFFFFFFF;
#pragma GCC unroll 3
  for (int r = 0; r < kRegisters; ++r) {
    const PhiloxLanes words01 = (c0[r] & lower) | (c1[r] << 32);
    const PhiloxLanes words23 = (c2[r] & lower) | (c3[r] << 32);
    std::uint32_t* const to = words + 4 * kPhiloxBlocks * r;
    store_pairs<0>(words01, words23, to);
    store_pairs<kPhiloxBlocks / 2>(words01, words23, to + 2 * kPhiloxBlocks);
  }
}

/// words[0 .. 4 blocks) = the blocks `first`, `first` + 1, … of the stream `seed`, one after
/// another.
inline void philox_words(std::uint64_t seed, std::uint64_t first, std::int64_t blocks,
                         std::uint32_t* words) {
  const PhiloxKeys keys(seed);
  constexpr std::int64_t kTogether = kPhiloxRegisters * kPhiloxBlocks;
  std::int64_t block = 0;
  for (; block + kTogether <= blocks; block += kTogether) {
    philox_lanes<kPhiloxRegisters>(keys, first + static_cast<std::uint64_t>(block),
                                   words + 4 * block);
  }
  for (; block + kPhiloxBlocks <= blocks; block += kPhiloxBlocks) {
    philox_lanes<1>(keys, first + static_cast<std::uint64_t>(block), words + 4 * block);
  }
  for (; block < blocks; ++block) {
    const auto made = internal::philox(seed, first + static_cast<std::uint64_t>(block));
    for (int i = 0; i < 4; ++i) words[4 * block + i] = made.word[i];
  }
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_PHILOX_WORDS_H_
