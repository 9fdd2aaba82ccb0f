#include "layers/dropout.h"

#include "autograd/ops.h"
#include "layers/internal/dropout_probability.h"
#include "layers/internal/number_text.h"

namespace tenon::layers {

void Dropout::init(const DropoutOptions& options) {
  p_ = internal::dropout_probability(options.p, where());
}

Variable Dropout::forward(const Variable& x) {
  return training() && p_ > 0 ? autograd::dropout(x, p_) : x;
}

std::string Dropout::describe() const { return "Dropout(" + internal::number_text(p_) + ")"; }

void Dropout2d::init(const DropoutOptions& options) {
  p_ = internal::dropout_probability(options.p, where());
}

Variable Dropout2d::forward(const Variable& x) {
  if (x.ndim() < 2) {
    throw ShapeError(where() + "expected x [N,C,..], got " + to_string(x.shape()));
  }
  if (!training() || p_ == 0) return x;
  Shape channels = Shape::filled(x.ndim(), 1);
  channels[0] = x.size(0);
  channels[1] = x.size(1);
  return x * autograd::dropout(ones(channels, x.value().options()), p_);
}

std::string Dropout2d::describe() const { return "Dropout2d(" + internal::number_text(p_) + ")"; }

}  // namespace tenon::layers
