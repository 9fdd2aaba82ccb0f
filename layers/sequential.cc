#include "layers/sequential.h"

#include "layers/activatable.h"
#include "layers/activation.h"

namespace tenon::layers {

void Sequential::append(std::unique_ptr<Module> module) {
  modules_.push_back(std::move(module));
  Module* added = modules_.back().get();
  if (dynamic_cast<ReLU*>(added) && !steps_.empty() && !steps_.back().with_relu) {
    steps_.back().with_relu = dynamic_cast<Activatable*>(steps_.back().module);
    if (steps_.back().with_relu) return;
  }
  steps_.push_back({added, nullptr});
}

Module& Sequential::operator[](int index) const {
  if (index < 0 || index >= size()) {
    throw IndexError(where() + "expected an index below " + std::to_string(size()) + ", got " +
                     std::to_string(index));
  }
  return *modules_[static_cast<std::size_t>(index)];
}

Variable Sequential::forward(const Variable& x) {
  Variable y = x;
  for (const Step& step : steps_) {
    y = step.with_relu ? step.with_relu->forward(y, Activation::kRelu) : (*step.module)(y);
  }
  return y;
}

}  // namespace tenon::layers
