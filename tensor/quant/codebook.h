// The numbers that codes stand for, and the way to the nearest one.
#ifndef TENON_TENSOR_QUANT_CODEBOOK_H_
#define TENON_TENSOR_QUANT_CODEBOOK_H_

#include <array>
#include <cstdint>

#include "tensor/quant/quant.h"

namespace tenon::quant {

using Codebook16 = std::array<float, 16>;

/// By code. `format` is a 4-bit one.
const Codebook16& codebook16(Format format);

/// Numbers in rising order with the midpoints between neighbours: a value above exactly k midpoints
/// has code order[k], so that one on a midpoint goes down.
struct Rounding16 {
  std::array<float, 15> midpoints;
  std::array<std::uint8_t, 16> order;
};
const Rounding16& rounding16(Format format);

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_CODEBOOK_H_
