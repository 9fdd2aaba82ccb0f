#include "layers/batch_norm.h"

#include <vector>

#include "autograd/ops.h"

namespace tenon::layers {
namespace {

/// [C] as [1,C,1,..], to go with x [N,C,..].
Variable per_channel(const Variable& values, int dims) {
  Shape shape = Shape::filled(dims, 1);
  shape[1] = values.numel();
  return autograd::reshape(values, shape);
}

std::vector<int> all_but_channels(int dims) {
  std::vector<int> others = {0};
  for (int i = 2; i < dims; ++i) others.push_back(i);
  return others;
}

}  // namespace

BatchNorm::BatchNorm(Module* parent, std::string_view name, const BatchNormOptions& options,
                     int least, int most)
    : Module(parent, name), options_(options), least_dims_(least), most_dims_(most) {
  if (options.features < 1) {
    throw ValueError(where() + "expected features of at least 1, got " +
                     std::to_string(options.features));
  }
  if (!(options.eps >= 0) || !(options.momentum >= 0 && options.momentum <= 1)) {
    throw ValueError(where() + "expected eps >= 0 and a momentum in [0,1], got " +
                     std::to_string(options.eps) + " and " + std::to_string(options.momentum));
  }
  const Shape shape = {options.features};
  if (options.affine) {
    weight_ = parameter("weight", ones(shape));
    bias_ = parameter("bias", zeros(shape));
  }
  running_mean_ = buffer("running_mean", zeros(shape));
  running_var_ = buffer("running_var", ones(shape));
  batches_ = optional_buffer("num_batches_tracked", zeros({}, {.dtype = DType::kI64}));
}

Variable BatchNorm::forward(const Variable& x) {
  if (x.ndim() < least_dims_ || x.ndim() > most_dims_ || x.size(1) != options_.features) {
    throw ShapeError(where() + "expected x [N," + std::to_string(options_.features) +
                     (most_dims_ == 4 ? ",H,W], got " : "] or [N,C,L], got ") +
                     to_string(x.shape()));
  }
  if (training()) return normalize_batch(x);
  return normalize(x, running_mean_, running_var_);
}

Variable BatchNorm::normalize_batch(const Variable& x) {
  const std::int64_t count = x.numel() / options_.features;
  if (count < 2) {
    throw ValueError(where() + "expected more than 1 value for each channel to train on, got " +
                     to_string(x.shape()));
  }
  const std::vector<int> others = all_but_channels(x.ndim());
  const Variable mean = autograd::mean(x, others);
  const Variable variance =
      autograd::mean(autograd::square(x - per_channel(mean, x.ndim())), others);
  const double m = options_.momentum;
  const double unbiased = static_cast<double>(count) / static_cast<double>(count - 1);
  const Tensor& old_mean = running_mean_.value();
  const Tensor& old_var = running_var_.value();
  old_mean.copy_(old_mean * (1 - m) + mean.value() * m);
  old_var.copy_(old_var * (1 - m) + variance.value() * (m * unbiased));
  batches_.value().copy_(batches_.value() + 1.0);
  return normalize(x, mean, variance);
}

/// One multiplication and one addition for each element.
Variable BatchNorm::normalize(const Variable& x, const Variable& mean,
                              const Variable& variance) const {
  Variable scale = autograd::rsqrt(variance + options_.eps);
  if (weight_.defined()) scale = scale * weight_;
  Variable shift = -(mean * scale);
  if (bias_.defined()) shift = shift + bias_;
  return x * per_channel(scale, x.ndim()) + per_channel(shift, x.ndim());
}

std::string BatchNorm::describe() const {
  return std::string(most_dims_ == 4 ? "BatchNorm2d(" : "BatchNorm1d(") +
         std::to_string(options_.features) + (options_.affine ? "" : ", not affine") + ")";
}

}  // namespace tenon::layers
