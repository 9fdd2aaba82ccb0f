#include "layers/drop_connect.h"

#include <utility>

#include "autograd/ops.h"
#include "layers/internal/dropout_probability.h"
#include "layers/internal/number_text.h"

namespace tenon::layers {

DropConnectOperator::DropConnectOperator(Variable weight, const DropoutOptions& options)
    : weight_(std::move(weight)), p_(internal::dropout_probability(options.p, "[DropConnect] ")) {
  if (weight_.ndim() != 2) {
    throw ShapeError("[DropConnect] expected a weight [O,I], got " + to_string(weight_.shape()));
  }
}

Variable DropConnectOperator::apply(const Variable& x, const LinearCall& call) {
  const Variable weight = call.training && p_ > 0 ? autograd::dropout(weight_, p_) : weight_;
  return autograd::linear(x, weight, call.bias, call.activation);
}

std::string DropConnectOperator::describe() const { return "dropped " + internal::number_text(p_); }

void drop_connect(Linear& layer, const DropoutOptions& options) {
  layer.exchange_operator(std::make_unique<DropConnectOperator>(layer.weight(), options));
}

}  // namespace tenon::layers
