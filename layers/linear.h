// Fully connected layer: y = x W^T + b.
//
//   Linear fc({.in_features = 784, .out_features = 128});     // a root
//   Linear fc{this, "fc", {.in_features = 784, .out_features = 128}};   // a member of a module
//   Variable y = fc(x);                                        // x [..,784] -> [..,128]
//
// A Linear multiplies through a LinearOperator, so that the way a weight is held (dense, quantized,
// with a low-rank update) can change without a change in the model that contains the layer.
#ifndef TENON_LAYERS_LINEAR_H_
#define TENON_LAYERS_LINEAR_H_

#include <memory>

#include "layers/activatable.h"

namespace tenon::layers {

/// What a layer asks of its operator beside x.
struct LinearCall {
  const Variable& bias;  ///< [O], or undefined
  Activation activation = Activation::kNone;
  bool training = false;
};

/// How x W^T is computed for a weight W [O,I] of some representation.
class LinearOperator {
 public:
  virtual ~LinearOperator() = default;

  virtual std::int64_t in_features() const = 0;
  virtual std::int64_t out_features() const = 0;
  /// x [..,I] -> activation(x W^T + bias) [..,O].
  virtual Variable apply(const Variable& x, const LinearCall& call) = 0;
  /// The variables of the representation, under the names they have within the layer.
  virtual NamedVariables parameters() const = 0;
  virtual NamedVariables buffers() const { return {}; }
  /// W [O,I]: the elements of the representation where it holds them, else a new tensor.
  virtual Tensor dense_weight() const = 0;
  /// For messages and summaries: "dense".
  virtual std::string describe() const = 0;
};

/// W as it is, in the parameter "weight" [O,I].
class DenseOperator final : public LinearOperator {
 public:
  /// Throws ShapeError where the weight is not 2-d.
  explicit DenseOperator(Variable weight);

  std::int64_t in_features() const override { return weight_.size(1); }
  std::int64_t out_features() const override { return weight_.size(0); }
  Variable apply(const Variable& x, const LinearCall& call) override;
  NamedVariables parameters() const override { return {{"weight", weight_}}; }
  Tensor dense_weight() const override { return weight_.value(); }
  std::string describe() const override { return "dense"; }
  const Variable& weight() const { return weight_; }

 private:
  Variable weight_;
};

struct LinearOptions {
  std::int64_t in_features = 0;
  std::int64_t out_features = 0;
  bool bias = true;
};

/// Parameters: "weight" [O,I] and "bias" [O], both U(-1/sqrt(I), 1/sqrt(I)) from
/// default_generator() at first, as in PyTorch. Throws ValueError for features below 1; forward
/// throws ShapeError that names the layer where the last dimension of x is not I.
class Linear : public Activatable {
 public:
  using Options = LinearOptions;

  explicit Linear(const LinearOptions& options) { init(options); }
  Linear(Module* parent, std::string_view name, const LinearOptions& options)
      : Activatable(parent, name) {
    init(options);
  }

  using Activatable::forward;
  Variable forward(const Variable& x, Activation activation) override;

  std::int64_t in_features() const { return operator_->in_features(); }
  std::int64_t out_features() const { return operator_->out_features(); }
  /// The dense weight. Throws ValueError where the operator holds it in another form.
  const Variable& weight() const;
  /// Undefined for a layer without bias.
  const Variable& bias() const { return bias_; }

  LinearOperator& linear_operator() { return *operator_; }
  /// Puts `next` in place of the operator, which it returns; the bias stays. Optimizers made before
  /// still hold the old parameters. Throws ShapeError where the features differ, ValueError for a
  /// null pointer.
  std::unique_ptr<LinearOperator> exchange_operator(std::unique_ptr<LinearOperator> next);
  /// Other features altogether: operator and bias (undefined for none). Throws ShapeError where the
  /// bias does not fit.
  void replace(std::unique_ptr<LinearOperator> next, Variable bias);
  /// Registers the operator's parameters and buffers again, after they have changed.
  void refresh_parameters() { register_all(); }

  double flops(const Shape& result) const override;
  std::string describe() const override;

 private:
  void init(const LinearOptions& options);
  void register_all();

  std::unique_ptr<LinearOperator> operator_;
  Variable bias_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_LINEAR_H_
