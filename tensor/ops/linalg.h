// Linear algebra. f32, f64, bf16, f16.
#ifndef TENON_TENSOR_OPS_LINALG_H_
#define TENON_TENSOR_OPS_LINALG_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>

#include "tensor/tensor.h"

namespace tenon {

/// [..,M,K] x [..,K,N] -> [..,M,N]; leading dimensions broadcast; 1-d arguments as in PyTorch.
Tensor matmul(const Tensor& a, const Tensor& b);

/// What a product or convolution may end with: relu, gelu and gelu_tanh (tensor/ops/activation.h),
/// as part of its kernel where the device has one. Without rounding in between, results of 16 bits
/// may then differ from those of the two operations in the last place.
enum class Activation : std::uint8_t { kNone, kRelu, kGelu, kGeluTanh };
/// x [..,I], weight [O,I], bias [O] or undefined -> activation(x W^T + bias) [..,O]. Where `inner`
/// is not null it receives x W^T + bias [..,O], which derivatives of GELU need. Where `relu_mask`
/// is not null and the device's kernel has written where its ReLU lets gradients pass, it receives
/// that, for linear_inner_grad alone; else it is undefined, as on the CPU.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              Activation activation = Activation::kNone, Tensor* inner = nullptr,
              Tensor* relu_mask = nullptr);
/// The gradient that arrives before an activation whose result is the x of a linear: grad [..,O],
/// weight [O,I], inner [..,I] -> (grad W) activation'(inner) [..,I]. Of kRelu `inner` may be its
/// result, and `relu_mask` what came with that.
Tensor linear_inner_grad(const Tensor& grad, const Tensor& weight, Activation activation,
                         const Tensor& inner, const Tensor& relu_mask = {});
/// grad [R,O], x [R,I] -> the gradients of linear's weight, grad^T x [O,I], and of its bias, grad's
/// rows added up [O].
std::pair<Tensor, Tensor> linear_parameter_grads(const Tensor& grad, const Tensor& x);

/// beta input + alpha a b for a [M,K], b [K,N]; input broadcasts to [M,N].
Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, double beta = 1,
             double alpha = 1);
/// a [M], b [N] -> [M,N]. Any dtypes, promoted.
Tensor outer(const Tensor& a, const Tensor& b);

/// Einstein's sum: `einsum("bik,bkj->bij", {a, b})`. A letter stands for a dimension; letters that
/// the result lacks are summed over, a letter twice in one operand takes its diagonal, and `...`
/// stands for any leading dimensions, which broadcast. Without "->" the result has the letters that
/// come once, in alphabetical order. Operands are multiplied from left to right, each pair by one
/// batched matmul. Throws ValueError for an equation that is not one, ShapeError for sizes that
/// disagree; both name the letter or the position.
Tensor einsum(std::string_view equation, std::span<const Tensor> operands);
inline Tensor einsum(std::string_view equation, std::initializer_list<Tensor> operands) {
  return einsum(equation, std::span<const Tensor>(operands.begin(), operands.size()));
}

/// x [..,M,N] = U diag(S) Vh: U [..,M,K], S [..,K] falling, Vh [..,K,N], K = min(M,N). f32, f64.
/// Signs are chosen so that the entry of largest magnitude in each column of U is positive. Throws
/// ValueError where an element is not finite.
std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& x);
/// Symmetric x [..,N,N] = V diag(L) V^T: L [..,N] rising, V [..,N,N], with signs as in svd. Reads
/// the lower triangle. f32, f64. Throws ValueError where an element is not finite.
std::tuple<Tensor, Tensor> eigh(const Tensor& x);

}  // namespace tenon

#endif  // TENON_TENSOR_OPS_LINALG_H_
