#include "layers/linear.h"

#include "autograd/ops.h"
#include "layers/internal/default_init.h"

namespace tenon::layers {

DenseOperator::DenseOperator(Variable weight) : weight_(std::move(weight)) {
  if (weight_.ndim() != 2) {
    throw ShapeError("[DenseOperator] expected a weight [O,I], got " + to_string(weight_.shape()));
  }
}

Variable DenseOperator::apply(const Variable& x, const LinearCall& call) {
  return autograd::linear(x, weight_, call.bias, call.activation);
}

void Linear::init(const LinearOptions& options) {
  if (options.in_features < 1 || options.out_features < 1) {
    throw ValueError(where() + "expected in_features and out_features of at least 1, got " +
                     std::to_string(options.in_features) + " and " +
                     std::to_string(options.out_features));
  }
  const Shape shape = {options.out_features, options.in_features};
  operator_ = std::make_unique<DenseOperator>(Variable(internal::default_weight(shape), true));
  if (options.bias) bias_ = Variable(internal::default_bias(shape), true);
  register_all();
}

void Linear::register_all() {
  NamedVariables parameters = operator_->parameters();
  if (bias_.defined()) parameters.emplace_back("bias", bias_);
  replace_registered(std::move(parameters), operator_->buffers());
}

Variable Linear::forward(const Variable& x, Activation activation) {
  const std::int64_t features = operator_->in_features();
  if (x.ndim() < 1 || x.size(-1) != features) {
    throw ShapeError(where() + "expected x [..," + std::to_string(features) + "] (" + describe() +
                     "), got " + to_string(x.shape()));
  }
  return operator_->apply(x, {.bias = bias_, .activation = activation, .training = training()});
}

const Variable& Linear::weight() const {
  const auto* dense = dynamic_cast<const DenseOperator*>(operator_.get());
  if (!dense) {
    throw ValueError(where() + "expected a dense weight, got one that is " + operator_->describe());
  }
  return dense->weight();
}

std::unique_ptr<LinearOperator> Linear::exchange_operator(std::unique_ptr<LinearOperator> next) {
  if (!next) throw ValueError(where() + "expected an operator, got a null pointer");
  if (next->in_features() != in_features() || next->out_features() != out_features()) {
    throw ShapeError(where() + "expected an operator of " + std::to_string(in_features()) + " -> " +
                     std::to_string(out_features()) + " features, got " +
                     std::to_string(next->in_features()) + " -> " +
                     std::to_string(next->out_features()));
  }
  operator_.swap(next);
  register_all();
  return next;
}

double Linear::flops(const Shape& result) const {
  return 2.0 * static_cast<double>(in_features() * numel(result));
}

void Linear::replace(std::unique_ptr<LinearOperator> next, Variable bias) {
  if (!next) throw ValueError(where() + "expected an operator, got a null pointer");
  if (bias.defined() && bias.shape() != Shape{next->out_features()}) {
    throw ShapeError(where() + "expected a bias [" + std::to_string(next->out_features()) +
                     "], got " + to_string(bias.shape()));
  }
  operator_ = std::move(next);
  bias_ = std::move(bias);
  register_all();
}

std::string Linear::describe() const {
  const bool is_dense = dynamic_cast<const DenseOperator*>(operator_.get()) != nullptr;
  return "Linear(" + std::to_string(in_features()) + " -> " + std::to_string(out_features()) +
         (bias_.defined() ? "" : ", no bias") + (is_dense ? "" : ", " + operator_->describe()) +
         ")";
}

}  // namespace tenon::layers
