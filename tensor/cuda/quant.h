// Tensors in 4 or 8 bits on a GPU (tensor/quant/device_kernels.h).
#ifndef TENON_TENSOR_CUDA_QUANT_H_
#define TENON_TENSOR_CUDA_QUANT_H_

#include "tensor/quant/device_kernels.h"

namespace tenon::cuda {

void quantize(const Tensor& x, const quant::QuantizedTensor& q);
void dequantize(const quant::QuantizedTensor& q, std::int64_t first, const Tensor& out);
void quantized_multiply(const Tensor& x, const quant::QuantizedTensor& q, const Tensor& out);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_QUANT_H_
