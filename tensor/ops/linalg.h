// Linear algebra. f32, f64, bf16, f16.
#ifndef TENON_TENSOR_OPS_LINALG_H_
#define TENON_TENSOR_OPS_LINALG_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon {

/// [..,M,K] x [..,K,N] -> [..,M,N]; leading dimensions broadcast; 1-d arguments as in PyTorch.
Tensor matmul(const Tensor& a, const Tensor& b);

enum class Activation : std::uint8_t { kNone, kRelu };
/// x [..,I], weight [O,I], bias [O] or undefined -> activation(x W^T + bias) [..,O], in one kernel.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              Activation activation = Activation::kNone);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_LINALG_H_
