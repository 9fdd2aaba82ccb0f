// DropConnect: while training, zeroes weights at random instead of activations.
//
//   net.add<DropConnect>({.in_features = 784, .out_features = 128, .p = 0.5});
//   drop_connect(model.fc1, {.p = 0.5});       // a Linear that is there already
#ifndef TENON_LAYERS_DROP_CONNECT_H_
#define TENON_LAYERS_DROP_CONNECT_H_

#include "layers/dropout.h"
#include "layers/linear.h"

namespace tenon::layers {

/// In training mode W is multiplied by a mask that is new at every call: 0 with probability p, else
/// 1/(1-p). One mask serves the whole batch, where the paper has one for each example; the bias is
/// left alone, and evaluation takes the mean of W rather than sampling activations. Draws from
/// default_generator(). (Wan et al. 2013, "Regularization of neural networks using DropConnect",
/// §3)
class DropConnectOperator final : public LinearOperator {
 public:
  /// Throws ShapeError where the weight is not 2-d, ValueError for a p outside [0,1).
  DropConnectOperator(Variable weight, const DropoutOptions& options);

  std::int64_t in_features() const override { return weight_.size(1); }
  std::int64_t out_features() const override { return weight_.size(0); }
  Variable apply(const Variable& x, const LinearCall& call) override;
  NamedVariables parameters() const override { return {{"weight", weight_}}; }
  Tensor dense_weight() const override { return weight_.value(); }
  /// "dropped 0.5".
  std::string describe() const override;

 private:
  Variable weight_;
  double p_;
};

/// Lets the layer drop its weights from now on; parameters and their names stay as they are. Throws
/// ValueError for another p, and where the layer's weight is not dense.
void drop_connect(Linear& layer, const DropoutOptions& options = {});

struct DropConnectOptions {
  std::int64_t in_features = 0;
  std::int64_t out_features = 0;
  bool bias = true;
  double p = 0.5;  ///< probability of a zero, in [0,1)
};

/// A Linear that was made so, with the same state dict.
class DropConnect final : public Linear {
 public:
  using Options = DropConnectOptions;

  explicit DropConnect(const DropConnectOptions& options) : Linear(linear(options)) {
    drop_connect(*this, {.p = options.p});
  }
  DropConnect(Module* parent, std::string_view name, const DropConnectOptions& options)
      : Linear(parent, name, linear(options)) {
    drop_connect(*this, {.p = options.p});
  }

 private:
  static LinearOptions linear(const DropConnectOptions& options) {
    return {options.in_features, options.out_features, options.bias};
  }
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_DROP_CONNECT_H_
