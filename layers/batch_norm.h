// Batch normalization.
//
//   BatchNorm2d bn({.features = 64});     // [N,64,H,W] -> the same shape
#ifndef TENON_LAYERS_BATCH_NORM_H_
#define TENON_LAYERS_BATCH_NORM_H_

#include "layers/activatable.h"

namespace tenon::layers {

struct BatchNormOptions {
  std::int64_t features = 0;  ///< channels
  double eps = 1e-5;
  double momentum = 0.1;  ///< weight of the newest batch in the running statistics
  bool affine = true;     ///< whether there are a weight and a bias
};

/// (x - mean) / sqrt(variance + eps) * weight + bias for each channel: of the batch while training,
/// of the running statistics in evaluation mode. Training moves those towards the batch's mean and
/// unbiased variance. Parameters "weight" and "bias" [C], buffers "running_mean", "running_var" [C]
/// and "num_batches_tracked" [] i64 (which a state dict may lack), as in PyTorch. Throws ValueError
/// for features below 1; forward throws ShapeError where x does not fit, and for training with
/// fewer than two values a channel. To train with frozen statistics call `eval()` on the layer.
/// (Ioffe & Szegedy 2015, "Batch normalization", algorithms 1 and 2)
class BatchNorm : public Activatable {
 public:
  using Options = BatchNormOptions;

  using Activatable::forward;
  Variable forward(const Variable& x, Activation activation) override;
  std::string describe() const override;

  std::int64_t features() const { return options_.features; }
  double eps() const { return options_.eps; }
  /// Undefined for a layer that is not affine, as bias().
  const Variable& weight() const { return weight_; }
  const Variable& bias() const { return bias_; }
  const Variable& running_mean() const { return running_mean_; }
  const Variable& running_var() const { return running_var_; }
  double momentum() const { return options_.momentum; }
  /// From the next batch on.
  void set_momentum(double momentum) { options_.momentum = momentum; }

 protected:
  /// For x of `least` to `most` dimensions, channels second.
  BatchNorm(Module* parent, std::string_view name, const BatchNormOptions& options, int least,
            int most);

 private:
  BatchNormOptions options_;
  int least_dims_;
  int most_dims_;
  Variable weight_;
  Variable bias_;
  Variable running_mean_;
  Variable running_var_;
  Variable batches_;
};

/// x [N,C] or [N,C,L].
class BatchNorm1d final : public BatchNorm {
 public:
  explicit BatchNorm1d(const BatchNormOptions& options) : BatchNorm(nullptr, "", options, 2, 3) {}
  BatchNorm1d(Module* parent, std::string_view name, const BatchNormOptions& options)
      : BatchNorm(parent, name, options, 2, 3) {}
};

/// x [N,C,H,W].
class BatchNorm2d final : public BatchNorm {
 public:
  explicit BatchNorm2d(const BatchNormOptions& options) : BatchNorm(nullptr, "", options, 4, 4) {}
  BatchNorm2d(Module* parent, std::string_view name, const BatchNormOptions& options)
      : BatchNorm(parent, name, options, 4, 4) {}
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_BATCH_NORM_H_
