// Linear algebra. f32, f64, bf16, f16.
#ifndef TENON_TENSOR_OPS_LINALG_H_
#define TENON_TENSOR_OPS_LINALG_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <tuple>

#include "tensor/tensor.h"

namespace tenon {

/// [..,M,K] x [..,K,N] -> [..,M,N]; leading dimensions broadcast; 1-d arguments as in PyTorch.
Tensor matmul(const Tensor& a, const Tensor& b);

enum class Activation : std::uint8_t { kNone, kRelu };
/// x [..,I], weight [O,I], bias [O] or undefined -> activation(x W^T + bias) [..,O], in one kernel.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              Activation activation = Activation::kNone);

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
