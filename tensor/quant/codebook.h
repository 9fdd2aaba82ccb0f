// The numbers that codes stand for, and the way to the nearest one.
#ifndef TENON_TENSOR_QUANT_CODEBOOK_H_
#define TENON_TENSOR_QUANT_CODEBOOK_H_

#include <array>
#include <cstdint>

#include "tensor/quant/quantized_tensor.h"

namespace tenon::quant {

using Codebook16 = std::array<float, 16>;

/// QLoRA, appendix E.
inline constexpr Codebook16 kNf4 = {-1.0f,
                                    -0.6961928009986877f,
                                    -0.5250730514526367f,
                                    -0.39491748809814453f,
                                    -0.28444138169288635f,
                                    -0.18477343022823334f,
                                    -0.09105003625154495f,
                                    0.0f,
                                    0.07958029955625534f,
                                    0.16093020141124725f,
                                    0.24611230194568634f,
                                    0.33791524171829224f,
                                    0.44070982933044434f,
                                    0.5626170039176941f,
                                    0.7229568362236023f,
                                    1.0f};

/// A sign and 3 bits: 0, 1/16, 8, 12, 4, 6, 2, 3, of 12.
inline constexpr Codebook16 kFp4 = {
    0.0f, 0.0625f / 12,  8.0f / 12,  1.0f,  4.0f / 12,  0.5f,  2.0f / 12,  0.25f,
    0.0f, -0.0625f / 12, -8.0f / 12, -1.0f, -4.0f / 12, -0.5f, -2.0f / 12, -0.25f};

/// By code. `format` is a 4-bit one.
const Codebook16& codebook16(Format format);

/// Numbers in rising order with the midpoints between neighbours: a value above exactly k midpoints
/// has code order[k], so that one on a midpoint goes down.
struct Rounding16 {
  std::array<float, 15> midpoints;
  std::array<std::uint8_t, 16> order;
};
const Rounding16& rounding16(Format format);
std::uint8_t code_of_zero(const Rounding16& rounding);

/// A block of zeros has scale 0, and is divided by this.
inline constexpr float kLeastScale = 1e-38f;
/// Scales that share an f32 scale of their own where they are nested,
inline constexpr std::int64_t kNestedBlock = 256;
/// and the numbers that their codes stand for.
const std::array<float, 256>& nested_numbers();
/// Between them: a value above exactly k of these has code k.
const std::array<float, 255>& nested_midpoints();

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_CODEBOOK_H_
