// Layers that end in a kernel which can apply an activation in the same pass over memory.
//
//   Variable h = fc1(x, Activation::kRelu);   // relu(fc1(x)), one kernel less
//
// Sequential does this by itself where a ReLU or GELU follows such a layer directly.
#ifndef TENON_LAYERS_ACTIVATABLE_H_
#define TENON_LAYERS_ACTIVATABLE_H_

#include "layers/module.h"
#include "tensor/ops.h"

namespace tenon::layers {

/// x, relu, gelu or gelu_tanh of it: for what has no kernel that ends with them.
Variable activate(const Variable& x, Activation activation);

class Activatable : public Module {
 public:
  using Module::Module;

  /// activation(forward(x)), in one kernel where the device has one (tensor/ops/linalg.h).
  virtual Variable forward(const Variable& x, Activation activation) = 0;
  Variable forward(const Variable& x) final { return forward(x, Activation::kNone); }

  using Module::operator();
  Variable operator()(const Variable& x, Activation activation) {
    return observed(forward(x, activation));
  }
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_ACTIVATABLE_H_
