// Optimizer states in 8 bits: blocks of 256 numbers, each divided by the largest magnitude among
// them and rounded to the nearest number of a dynamic map.
#ifndef TENON_TENSOR_CPU_STATE_BLOCK_H_
#define TENON_TENSOR_CPU_STATE_BLOCK_H_

#include <algorithm>
#include <bit>
#include <cstdint>

#include "tensor/internal/dynamic_map.h"
#include "tensor/ops/optimizer.h"

namespace tenon::cpu {

/// One state of a parameter.
struct CodedState {
  std::uint8_t* codes = nullptr;  ///< null where the state is numbers
  float* scales = nullptr;
  const internal::DynamicMap* map = nullptr;
};

/// `count` numbers of a block.
inline void decode(const CodedState& state, std::int64_t begin, std::int64_t count, float* out) {
  const float* numbers = state.map->numbers().data();
  const float scale = state.scales[begin / kStateBlock];
  for (std::int64_t i = 0; i < count; ++i) out[i] = numbers[state.codes[begin + i]] * scale;
}

/// Magnitudes are in the order of their bits, with infinity and NaN above all others.
inline float largest_magnitude(const float* x, std::int64_t count) {
  std::int32_t largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::bit_cast<std::int32_t>(x[i]) & INT32_MAX);
  }
  return std::bit_cast<float>(largest);
}

/// A block with an infinity or a NaN has it as its scale, so that no number of it is finite again.
inline void encode(const float* x, std::int64_t begin, std::int64_t count,
                   const CodedState& state) {
  const float scale = largest_magnitude(x, count);
  const float inverse = 1.0f / (scale < 1e-38f ? 1e-38f : scale);  // 0 / 0 is no number
  state.scales[begin / kStateBlock] = scale;
  const internal::DynamicMap& map = *state.map;
  std::int32_t codes[kStateBlock];
  for (std::int64_t i = 0; i < count; ++i) codes[i] = map.code(x[i] * inverse);
  for (std::int64_t i = 0; i < count; ++i) {
    state.codes[begin + i] = static_cast<std::uint8_t>(codes[i]);
  }
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_STATE_BLOCK_H_
