#include "models/small_cnn.h"

#include "autograd/ops.h"

namespace tenon::models {
namespace {

using layers::Variable;

constexpr std::int64_t kHidden = 128;

std::int64_t features(const SmallCnnOptions& options) {
  if (options.image.height < 2 || options.image.width < 2) {
    throw ValueError("[SmallCnn] expected images of at least 2x2, got " + to_string(options.image));
  }
  return 2 * options.width * (options.image.height / 2) * (options.image.width / 2);
}

}  // namespace

SmallCnn::SmallCnn(layers::Module* parent, std::string_view name, const SmallCnnOptions& options)
    : Module(parent, name),
      conv1(this, "conv1",
            {.in_channels = options.in_channels,
             .out_channels = options.width,
             .kernel = 3,
             .padding = 1}),
      conv2(this, "conv2",
            {.in_channels = options.width,
             .out_channels = 2 * options.width,
             .kernel = 3,
             .padding = 1}),
      pool(this, "pool", {.kernel = 2}),
      fc1(this, "fc1", {.in_features = features(options), .out_features = kHidden}),
      dropout(this, "dropout", {.p = options.dropout}),
      fc2(this, "fc2", {.in_features = kHidden, .out_features = options.classes}) {}

Variable SmallCnn::forward(const Variable& images) {
  Variable x = conv2(conv1(images, Activation::kRelu), Activation::kRelu);
  x = fc1(autograd::flatten(pool(x), 1), Activation::kRelu);
  return fc2(dropout(x));
}

}  // namespace tenon::models
