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

/// Most rows of x that multiply() takes on the CPU, and of f32.
inline constexpr std::int64_t kMultiplyRows = 4;
/// Rows of bf16 or f16 up to which a GPU's product with codes is expected to take less time than
/// one with weights written out. Not measured. Written out, a weight costs 2.5 bytes of memory or
/// second-level cache in one kernel and 2 in the next, 1.3 ps at 3.35 TB/s (an H100's), and 2 M
/// FLOP at some 700 TFLOP/s, 0.0029 M ps; read as codes, half a byte, and 2 M FLOP at some 450
/// TFLOP/s, what accesses of shared memory leave of the tensor cores' rate, 0.0044 M ps. They meet
/// beyond 500 rows; half of that, as cuBLASLt comes closer to such a rate.
/// //benchmarks:kernel_limits times both ways, and where they cross.
inline constexpr std::int64_t kTensorCoreRows = 256;

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_QUANTIZED_TENSOR_H_
