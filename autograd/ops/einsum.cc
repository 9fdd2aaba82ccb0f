#include "tensor/internal/einsum.h"

#include <vector>

#include "autograd/ops.h"

namespace tenon::autograd {
namespace {

struct VariableOps {
  static Variable permute(const Variable& x, std::span<const int> order) {
    return autograd::permute(x, order);
  }
  static Variable reshape(const Variable& x, const Shape& shape) {
    return autograd::reshape(x, shape);
  }
  static Variable expand(const Variable& x, const Shape& shape) {
    return autograd::expand(x, shape);
  }
  static Variable sum(const Variable& x, std::span<const int> dims) {
    return autograd::sum(x, dims);
  }
  static Variable diagonal(const Variable& x, int a, int b) {
    return autograd::diagonal(x, 0, a, b);
  }
  static Variable mul(const Variable& a, const Variable& b) { return autograd::mul(a, b); }
  static Variable matmul(const Variable& a, const Variable& b) { return autograd::matmul(a, b); }
};

}  // namespace

Variable einsum(std::string_view equation, std::span<const Variable> operands) {
  std::vector<const Tensor*> values;
  for (const Variable& operand : operands) values.push_back(&operand.value());
  const tenon::internal::EinsumEquation parsed = tenon::internal::parse_einsum(equation, values);
  const Variable result = tenon::internal::Einsum<Variable, VariableOps>(parsed).run(operands);
  const bool is_view =
      operands.size() == 1 && result.value().storage() == operands[0].value().storage();
  return is_view ? clone(result) : result;
}

}  // namespace tenon::autograd
