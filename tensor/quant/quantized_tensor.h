// What a quantized tensor consists of, for those who quantize, multiply and store (quant.h) and for
// devices that do so (device_kernels.h).
#ifndef TENON_TENSOR_QUANT_QUANTIZED_TENSOR_H_
#define TENON_TENSOR_QUANT_QUANTIZED_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tensor/tensor.h"

namespace tenon::quant {

enum class Format : std::uint8_t { kNf4, kFp4, kInt8 };
/// "nf4", "fp4", "int8".
std::string_view name(Format format);

/// The codes and scales of a tensor. A cheap handle, as Tensor is.
struct QuantizedTensor {
  Format format = Format::kNf4;
  Shape shape{};
  DType dtype = DType::kF32;  ///< of what was quantized
  std::int64_t block = 64;
  /// u8. 4 bits: [ceil(n/2),1], two codes a byte, the first in the upper half. int8: of `shape`,
  /// each byte a signed number.
  Tensor codes{};
  Tensor scales{};         ///< f32 [blocks]; u8 [blocks] where nested; int8: f32 [rows]
  Tensor nested_scales{};  ///< f32 [ceil(blocks/256)]; undefined where not nested
  float nested_offset = 0;

  bool nested() const { return nested_scales.defined(); }
  std::int64_t numel() const { return tenon::numel(shape); }
  /// Of codes and scales.
  std::size_t bytes() const;
};

/// Most rows of x that multiply() takes.
inline constexpr std::int64_t kMultiplyRows = 4;

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_QUANTIZED_TENSOR_H_
