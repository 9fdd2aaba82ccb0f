// Philox 4x32-10 (Salmon et al. 2011, §3.3 and table 2), shared by all backends.
#ifndef TENON_TENSOR_INTERNAL_PHILOX_H_
#define TENON_TENSOR_INTERNAL_PHILOX_H_

#include <cmath>
#include <cstdint>

#include "tensor/internal/host_device.h"

namespace tenon::internal {

struct PhiloxConstants {
  static constexpr int kRounds = 10;
  static constexpr std::uint32_t kMultiplier0 = 0xD2511F53u, kMultiplier1 = 0xCD9E8D57u;
  static constexpr std::uint32_t kWeyl0 = 0x9E3779B9u, kWeyl1 = 0xBB67AE85u;
};

struct PhiloxBlock {
  std::uint32_t word[4];
};

/// The block of four 32-bit words number `counter` of the stream `seed`.
TENON_HOST_DEVICE inline PhiloxBlock philox(std::uint64_t seed, std::uint64_t counter) {
  using K = PhiloxConstants;
  std::uint32_t key0 = static_cast<std::uint32_t>(seed);
  std::uint32_t key1 = static_cast<std::uint32_t>(seed >> 32);
  std::uint32_t c0 = static_cast<std::uint32_t>(counter);
  std::uint32_t c1 = static_cast<std::uint32_t>(counter >> 32);
  std::uint32_t c2 = 0, c3 = 0;
  for (int round = 0; round < K::kRounds; ++round) {
    const std::uint64_t product0 = static_cast<std::uint64_t>(K::kMultiplier0) * c0;
    const std::uint64_t product1 = static_cast<std::uint64_t>(K::kMultiplier1) * c2;
    c0 = static_cast<std::uint32_t>(product1 >> 32) ^ c1 ^ key0;
    c2 = static_cast<std::uint32_t>(product0 >> 32) ^ c3 ^ key1;
    c1 = static_cast<std::uint32_t>(product1);
    c3 = static_cast<std::uint32_t>(product0);
    key0 += K::kWeyl0;
    key1 += K::kWeyl1;
  }
  return {{c0, c1, c2, c3}};
}

/// Uniform in [0, 1): the upper 24 bits, which a float holds exactly. As a signed number, which
/// processors convert in one instruction: unsigned ones take seven before AVX-512.
TENON_HOST_DEVICE inline float unit_uniform(std::uint32_t bits) {
  return static_cast<float>(static_cast<std::int32_t>(bits >> 8)) * 0x1p-24f;
}

/// Two independent standard normals from two words (Box & Muller 1958).
TENON_HOST_DEVICE inline void unit_normals(std::uint32_t bits0, std::uint32_t bits1, float* n0,
                                           float* n1) {
  constexpr float kTwoPi = 6.283185307179586f;
  const float u = static_cast<float>((bits0 >> 8) + 1) * 0x1p-24f;  // in (0, 1]: its log is finite
  const float radius = std::sqrt(-2.0f * std::log(u));
  const float angle = kTwoPi * unit_uniform(bits1);
  *n0 = radius * std::cos(angle);
  *n1 = radius * std::sin(angle);
}

/// Uniform in [0, range), range < 2^32, by multiplication (bias at most range / 2^32).
TENON_HOST_DEVICE inline std::uint32_t below(std::uint32_t bits, std::uint64_t range) {
  return static_cast<std::uint32_t>((static_cast<std::uint64_t>(bits) * range) >> 32);
}

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_PHILOX_H_
