#include "models/ffnn.h"

#include "autograd/ops.h"
#include "layers/dropout.h"
#include "layers/initialize.h"
#include "layers/linear.h"

namespace tenon::models {

void Ffnn::init(const FfnnOptions& options) {
  if (options.layers.empty()) throw ValueError(where() + "expected at least one layer, got none");
  std::int64_t features = options.inputs;
  for (const FfnnLayer& layer : options.layers) {
    add<layers::Linear>({.in_features = features, .out_features = layer.features});
    if (layer.activation) layer.activation(*this);
    if (layer.dropout != 0) add<layers::Dropout>({.p = layer.dropout});
    features = layer.features;
  }
  if (options.init) layers::initialize(*this, *options.init, default_generator());
}

layers::Variable Ffnn::forward(const layers::Variable& x) {
  return Sequential::forward(x.ndim() > 2 ? autograd::flatten(x, 1) : x);
}

}  // namespace tenon::models
