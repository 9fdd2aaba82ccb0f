#include "layers/sequential.h"

#include "autograd/ops.h"
#include "layers/activatable.h"
#include "layers/activation.h"

namespace tenon::layers {
namespace {

/// kNone where it is none that layers apply.
Activation activation_of(const Module& module) {
  if (dynamic_cast<const ReLU*>(&module)) return Activation::kRelu;
  const auto* gelu = dynamic_cast<const GELU*>(&module);
  if (!gelu) return Activation::kNone;
  return gelu->options().tanh ? Activation::kGeluTanh : Activation::kGelu;
}

}  // namespace

void Sequential::added(Module& module) {
  const Activation activation = activation_of(module);
  if (activation != Activation::kNone && !steps_.empty() && !steps_.back().activatable) {
    if (auto* layer = dynamic_cast<Activatable*>(steps_.back().module)) {
      steps_.back() = {layer, layer, &module, activation};
      return;
    }
  }
  steps_.push_back({.module = &module});
}

Variable Sequential::Step::operator()(const Variable& x) const {
  if (!activatable) return (*module)(x);
  if (module->has_forward_hooks() || next->has_forward_hooks()) return (*next)((*module)(x));
  return (*activatable)(x, activation);
}

Variable Sequential::forward(const Variable& x) {
  Variable y = x;
  for (const Step& step : steps_) y = step(y);
  return y;
}

Variable Residual::forward(const Variable& x) {
  const Variable y = Sequential::forward(x);
  if (y.shape() != x.shape()) {
    throw ShapeError(where() + "expected layers that keep the shape " + to_string(x.shape()) +
                     ", got " + to_string(y.shape()));
  }
  return x + y;
}

}  // namespace tenon::layers
