#include "layers/batch_norm.h"

#include "autograd/ops.h"

namespace tenon::layers {
BatchNorm::BatchNorm(Module* parent, std::string_view name, const BatchNormOptions& options,
                     int least, int most)
    : Activatable(parent, name), options_(options), least_dims_(least), most_dims_(most) {
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

Variable BatchNorm::forward(const Variable& x, Activation activation) {
  if (x.ndim() < least_dims_ || x.ndim() > most_dims_ || x.size(1) != options_.features) {
    throw ShapeError(where() + "expected x [N," + std::to_string(options_.features) +
                     (most_dims_ == 4 ? ",H,W], got " : "] or [N,C,L], got ") +
                     to_string(x.shape()));
  }
  if (training()) {
    if (x.numel() < 2 * options_.features) {
      throw ShapeError(where() + "expected more than 1 value per channel in training, got x " +
                       to_string(x.shape()));
    }
    batches_.value().copy_(batches_.value() + 1.0);
  }
  return autograd::batch_norm(
      x, weight_, bias_, running_mean_.value(), running_var_.value(),
      {.training = training(), .momentum = options_.momentum, .eps = options_.eps}, activation);
}

std::string BatchNorm::describe() const {
  return std::string(most_dims_ == 4 ? "BatchNorm2d(" : "BatchNorm1d(") +
         std::to_string(options_.features) + (options_.affine ? "" : ", not affine") + ")";
}

}  // namespace tenon::layers
