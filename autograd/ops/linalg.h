// Matrix products and decompositions.
#ifndef TENON_AUTOGRAD_OPS_LINALG_H_
#define TENON_AUTOGRAD_OPS_LINALG_H_

#include <initializer_list>
#include <span>
#include <string_view>
#include <tuple>

#include "autograd/variable.h"
#include "tensor/ops/linalg.h"

namespace tenon::autograd {

Variable matmul(const Variable& a, const Variable& b);
Variable linear(const Variable& x, const Variable& weight, const Variable& bias = {},
                Activation activation = Activation::kNone);
Variable addmm(const Variable& input, const Variable& a, const Variable& b, double beta = 1,
               double alpha = 1);
Variable outer(const Variable& a, const Variable& b);
Variable einsum(std::string_view equation, std::span<const Variable> operands);
inline Variable einsum(std::string_view equation, std::initializer_list<Variable> operands) {
  return einsum(equation, std::span<const Variable>(operands.begin(), operands.size()));
}
/// The gradient divides by the differences of the squares of the singular values (and by the values
/// themselves where M != N): it is infinite or NaN where they coincide or vanish, unless only S is
/// used. (Townsend 2016, "Differentiating the singular value decomposition", §1)
std::tuple<Variable, Variable, Variable> svd(const Variable& x);
/// The gradient of V divides by the differences of the eigenvalues. It is that of a symmetric x.
std::tuple<Variable, Variable> eigh(const Variable& x);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_LINALG_H_
