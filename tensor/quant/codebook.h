// The numbers that codes stand for, and the way to the nearest one.
#ifndef TENON_TENSOR_QUANT_CODEBOOK_H_
#define TENON_TENSOR_QUANT_CODEBOOK_H_

#include <array>
#include <cstdint>

#include "tensor/quant/quant.h"

namespace tenon::quant {

using Codebook16 = std::array<float, 16>;
using Codebook256 = std::array<float, 256>;

/// By code. `format` is a 4-bit one.
const Codebook16& codebook16(Format format);
/// By code, which is also the order of the values.
const Codebook256& dynamic_codebook();

/// Numbers in rising order with the midpoints between neighbours: a value above exactly k midpoints
/// has code order[k], so that one on a midpoint goes down.
struct Rounding16 {
  std::array<float, 15> midpoints;
  std::array<std::uint8_t, 16> order;
};
const Rounding16& rounding16(Format format);

/// The same for the 256 numbers: the code of a value from -1 to 1.
std::uint8_t round_dynamic(float value);

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_CODEBOOK_H_
