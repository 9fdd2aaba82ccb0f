#include "models/lenet.h"

#include "autograd/ops.h"

namespace tenon::models {
namespace {

using layers::Variable;

constexpr int kKernel = 5;

/// One side of the image after a convolution with `padding` and a pooling by two.
std::int64_t after_block(std::int64_t side, int padding) {
  return (side + 2 * padding - kKernel + 1) / 2;
}

std::int64_t side_of_features(std::int64_t side, const LeNetOptions& options) {
  const std::int64_t result = after_block(after_block(side, options.padding), 0);
  if (result < 1) {
    throw ValueError("[LeNet] expected images of at least 16x16 with their padding, got " +
                     to_string(options.image) + " with padding " + std::to_string(options.padding));
  }
  return result;
}

std::int64_t features(const LeNetOptions& options) {
  return 16 * side_of_features(options.image.height, options) *
         side_of_features(options.image.width, options);
}

}  // namespace

LeNet::LeNet(layers::Module* parent, std::string_view name, const LeNetOptions& options)
    : Module(parent, name),
      conv1(this, "conv1",
            {.in_channels = options.in_channels,
             .out_channels = 6,
             .kernel = kKernel,
             .padding = options.padding}),
      pool(this, "pool", {.kernel = 2}),
      conv2(this, "conv2", {.in_channels = 6, .out_channels = 16, .kernel = kKernel}),
      fc1(this, "fc1", {.in_features = features(options), .out_features = 120}),
      fc2(this, "fc2", {.in_features = 120, .out_features = 84}),
      fc3(this, "fc3", {.in_features = 84, .out_features = options.classes}) {}

Variable LeNet::forward(const Variable& images) {
  Variable x = pool(conv1(images, Activation::kRelu));
  x = pool(conv2(x, Activation::kRelu));
  x = fc1(autograd::flatten(x, 1), Activation::kRelu);
  return fc3(fc2(x, Activation::kRelu));
}

}  // namespace tenon::models
