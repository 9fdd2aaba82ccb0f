#include "layers/activation.h"

#include "autograd/ops.h"

namespace tenon::layers {

Variable ReLU::forward(const Variable& x) { return autograd::relu(x); }

Variable Tanh::forward(const Variable& x) { return autograd::tanh(x); }

Variable Sigmoid::forward(const Variable& x) { return autograd::sigmoid(x); }

}  // namespace tenon::layers
