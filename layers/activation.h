// Elementwise activations as modules, for containers. In a forward of your own call autograd::relu,
// … .
#ifndef TENON_LAYERS_ACTIVATION_H_
#define TENON_LAYERS_ACTIVATION_H_

#include "layers/module.h"

namespace tenon::layers {

/// max(x, 0). Sequential merges it into a Linear or Conv2d directly before it.
class ReLU final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

class Tanh final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// 1 / (1 + exp(-x)).
class Sigmoid final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_ACTIVATION_H_
