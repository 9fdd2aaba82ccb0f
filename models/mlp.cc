#include "models/mlp.h"

#include "autograd/ops.h"
#include "layers/activation.h"
#include "layers/dropout.h"
#include "layers/initialize.h"
#include "layers/linear.h"

namespace tenon::models {
namespace {

void add_activation(layers::Sequential& net, init::Nonlinearity activation) {
  switch (activation) {
    case init::Nonlinearity::kLinear:
      return;
    case init::Nonlinearity::kRelu:
      net.add<layers::ReLU>();
      return;
    case init::Nonlinearity::kTanh:
      net.add<layers::Tanh>();
      return;
    case init::Nonlinearity::kSigmoid:
      net.add<layers::Sigmoid>();
      return;
    default:
      break;
  }
  throw ValueError("[Mlp] expected activation kRelu, kTanh, kSigmoid or kLinear");
}

}  // namespace

void Mlp::init(const MlpOptions& options) {
  const std::size_t count = options.sizes.size();
  if (count < 2) {
    throw ValueError(where() + "expected at least an input and an output size, got " +
                     std::to_string(count) + " sizes");
  }
  for (std::size_t i = 0; i + 1 < count; ++i) {
    add<layers::Linear>({.in_features = options.sizes[i], .out_features = options.sizes[i + 1]});
    if (i + 2 == count) break;  // the output is left as it is
    add_activation(*this, options.activation);
    if (options.dropout != 0) add<layers::Dropout>({.p = options.dropout});
  }
  if (options.init) layers::initialize(*this, *options.init, default_generator());
}

layers::Variable Mlp::forward(const layers::Variable& x) {
  return Sequential::forward(x.ndim() > 2 ? autograd::flatten(x, 1) : x);
}

}  // namespace tenon::models
