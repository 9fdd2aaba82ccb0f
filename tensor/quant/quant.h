// Weights in 4 or 8 bits, and products with them: NF4, FP4 and int8 as bitsandbytes stores them.
//
//   QuantizedTensor q = quantize(weight);             // NF4, scales quantized again: 4.13 bits
//   Tensor w = dequantize(q);                         // f32, what the codes stand for
//   dequantize_rows(q, 0, 64, tile);                  // 64 rows of it
//
// Values are cut into blocks in row-major order; each is divided by its largest magnitude (the
// block's scale) and the quotient becomes the nearest of 16 numbers. NF4's are quantiles of a
// normal distribution, FP4's a 4-bit float; int8 has a scale for each row and 255 even steps.
// (Dettmers, Pagnoni, Holtzman & Zettlemoyer 2023, "QLoRA", §3; Dettmers et al. 2022, "LLM.int8()",
// §2) On the CPU and on GPUs, with the same bytes.
#ifndef TENON_TENSOR_QUANT_QUANT_H_
#define TENON_TENSOR_QUANT_QUANT_H_

#include <cstdint>

#include "tensor/quant/quantized_tensor.h"

namespace tenon::quant {

struct Options {
  Format format = Format::kNf4;
  std::int64_t block = 64;  ///< values with one scale: 32, 64, … 4096; int8's is a row
  /// Store the scales themselves in 8 bits, less their mean, in blocks of 256 with an f32 scale
  /// each
  /// ("double quantization", §3 of QLoRA). Not for int8.
  bool nested = true;
};

/// The 16 numbers of a 4-bit format by code, and the 256 that nested scales are rounded to
/// (Dettmers 2016, "8-bit approximations for parallelism in deep learning", §2.1). f32.
Tensor codebook(Format format);
Tensor nested_codebook();

/// x of any shape (int8: 2-d), f32, bf16 or f16; the codes lie on its device. They equal those of
/// bitsandbytes 0.50's default backend on the same values. Throws ValueError for another block
/// size, for no elements, and for values that are not finite.
QuantizedTensor quantize(const Tensor& x, const Options& options = {});

/// f32, bf16 or f16, of the original shape, where the codes are: scale times number in f32, rounded
/// once.
Tensor dequantize(const QuantizedTensor& q, DType dtype = DType::kF32);
/// Rows [begin, end) of a matrix into `out` [end-begin,columns], dense.
void dequantize_rows(const QuantizedTensor& q, std::int64_t begin, std::int64_t end,
                     const Tensor& out);

/// x [M,I] W^T for a matrix W [O,I] of a 4-bit format, I a multiple of the block -> [M,O] of x's
/// dtype: codes become numbers in registers, so that the product reads half a byte a weight. x is
/// f32, bf16 or f16, dense; sums are f32. M is up to kMultiplyRows, and on a GPU any number for
/// bf16 and f16: beyond kMultiplyRows tensor cores multiply weights rounded to x's dtype, as
/// dequantize() rounds them.
Tensor multiply(const Tensor& x, const QuantizedTensor& q);
/// y [M,O] W -> [M,I], as the latter, for bf16 and f16 on a GPU and O a multiple of 8: the gradient
/// with regard to x.
Tensor multiply_transposed(const Tensor& y, const QuantizedTensor& q);
/// The number of rows of `dtype` up to which these two are meant to be called; beyond it, and where
/// it is 0 because they take no such tensor, weights are written out tile by tile.
std::int64_t multiply_rows(const QuantizedTensor& q, DType dtype);
std::int64_t multiply_transposed_rows(const QuantizedTensor& q, DType dtype);

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_QUANT_H_
