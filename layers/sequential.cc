#include "layers/sequential.h"

#include "autograd/ops.h"
#include "layers/activatable.h"
#include "layers/activation.h"

namespace tenon::layers {

Module& Container::operator[](int index) const {
  if (index < 0 || index >= size()) {
    throw IndexError(where() + "expected an index below " + std::to_string(size()) + ", got " +
                     std::to_string(index));
  }
  return *modules_[static_cast<std::size_t>(index)];
}

void Sequential::added(Module& module) {
  if (dynamic_cast<ReLU*>(&module) && !steps_.empty() && !steps_.back().with_relu) {
    steps_.back().with_relu = dynamic_cast<Activatable*>(steps_.back().module);
    steps_.back().relu = &module;
    if (steps_.back().with_relu) return;
  }
  steps_.push_back({&module, nullptr, nullptr});
}

Variable Sequential::Step::operator()(const Variable& x) const {
  if (!with_relu) return (*module)(x);
  if (module->has_forward_hooks() || relu->has_forward_hooks()) return (*relu)((*module)(x));
  return (*with_relu)(x, Activation::kRelu);
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
