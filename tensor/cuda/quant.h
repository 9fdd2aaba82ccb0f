// Tensors in 4 or 8 bits on a GPU (tensor/quant/device_kernels.h).
#ifndef TENON_TENSOR_CUDA_QUANT_H_
#define TENON_TENSOR_CUDA_QUANT_H_

#include "tensor/quant/device_kernels.h"

namespace tenon::cuda {

void quantize(const Tensor& x, const quant::QuantizedTensor& q);
void nest_scales(quant::QuantizedTensor& q);
void dequantize(const quant::QuantizedTensor& q, std::int64_t first, const Tensor& out);
/// By single threads' sums, for up to kMultiplyRows rows.
void quantized_multiply(const Tensor& x, const quant::QuantizedTensor& q, const Tensor& out);
/// By tensor cores, for any number of rows of bf16 or f16; y W wants rows of y of whole 16 bytes.
void quantized_matmul(const Tensor& x, const quant::QuantizedTensor& q, const Tensor& out);
void quantized_matmul_transposed(const Tensor& y, const quant::QuantizedTensor& q,
                                 const Tensor& out);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_QUANT_H_
