// A weight held as [I,O], the way GPT-2's files have it ("Conv1D").
#ifndef TENON_MODELS_LM_TRANSPOSED_OPERATOR_H_
#define TENON_MODELS_LM_TRANSPOSED_OPERATOR_H_

#include "autograd/ops.h"
#include "layers/linear.h"

namespace tenon::models {

class TransposedOperator final : public layers::LinearOperator {
 public:
  /// weight [I,O].
  explicit TransposedOperator(autograd::Variable weight) : weight_(std::move(weight)) {}

  std::int64_t in_features() const override { return weight_.size(0); }
  std::int64_t out_features() const override { return weight_.size(1); }
  autograd::Variable apply(const autograd::Variable& x, const layers::LinearCall& call) override {
    return autograd::linear(x, autograd::transpose(weight_, 0, 1), call.bias, call.activation);
  }
  layers::NamedVariables parameters() const override { return {{"weight", weight_}}; }
  Tensor dense_weight() const override { return weight_.value().t(); }
  std::string describe() const override { return "transposed"; }

 private:
  autograd::Variable weight_;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_TRANSPOSED_OPERATOR_H_
