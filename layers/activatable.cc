#include "layers/activatable.h"

#include "autograd/ops.h"

namespace tenon::layers {

Variable activate(const Variable& x, Activation activation) {
  switch (activation) {
    case Activation::kNone:
      return x;
    case Activation::kRelu:
      return autograd::relu(x);
    case Activation::kGelu:
      return autograd::gelu(x);
    case Activation::kGeluTanh:
      break;
  }
  return autograd::gelu_tanh(x);
}

}  // namespace tenon::layers
