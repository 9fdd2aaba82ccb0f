#include "models/resnet.h"

#include <array>

#include "autograd/ops.h"
#include "layers/conv_norm.h"
#include "layers/initialize.h"

namespace tenon::models {
namespace {

using layers::Variable;

layers::Conv2dOptions conv3x3(std::int64_t in, std::int64_t out, int stride) {
  return {.in_channels = in,
          .out_channels = out,
          .kernel = 3,
          .stride = stride,
          .padding = 1,
          .bias = false};
}

void add_stage(layers::Sequential& stage, int blocks, std::int64_t in, std::int64_t channels,
               int stride) {
  for (int i = 0; i < blocks; ++i) {
    stage.add<ResNetBlock>({.in_channels = i == 0 ? in : channels,
                            .channels = channels,
                            .stride = i == 0 ? stride : 1});
  }
}

}  // namespace

ResNetBlock::ResNetBlock(layers::Module* parent, std::string_view name, const Options& options)
    : Module(parent, name),
      conv1(this, "conv1", conv3x3(options.in_channels, options.channels, options.stride)),
      bn1(this, "bn1", {.features = options.channels}),
      conv2(this, "conv2", conv3x3(options.channels, options.channels, 1)),
      bn2(this, "bn2", {.features = options.channels}),
      options_(options) {}

Variable ResNetBlock::shortcut(const Variable& x) const {
  if (options_.stride == 1 && options_.in_channels == options_.channels) return x;
  const Variable pixels = autograd::slice(autograd::slice(x, 2, 0, INT64_MAX, options_.stride), 3,
                                          0, INT64_MAX, options_.stride);
  Shape shape = pixels.shape();
  shape[1] = (options_.channels - options_.in_channels) / 2;
  const Variable nothing(zeros(shape, pixels.value().options()));
  const std::array<Variable, 3> parts = {nothing, pixels, nothing};
  return autograd::cat(parts, 1);
}

Variable ResNetBlock::forward(const Variable& x) {
  const Variable h = layers::conv_norm(conv1, bn1, x, Activation::kRelu);
  const Variable y = layers::conv_norm(conv2, bn2, h);
  return autograd::relu(y + shortcut(x));
}

ResNet::ResNet(layers::Module* parent, std::string_view name, const ResNetOptions& options)
    : Module(parent, name),
      conv1(this, "conv1", conv3x3(options.in_channels, 16, 1)),
      bn1(this, "bn1", {.features = 16}),
      layer1(this, "layer1"),
      layer2(this, "layer2"),
      layer3(this, "layer3"),
      linear(this, "linear", {.in_features = 64, .out_features = options.classes}) {
  if (options.depth < 8 || options.depth % 6 != 2) {
    throw ValueError("[ResNet] expected a depth of 6 n + 2 with n of at least 1, got " +
                     std::to_string(options.depth));
  }
  const int blocks = (options.depth - 2) / 6;
  add_stage(layer1, blocks, 16, 16, 1);
  add_stage(layer2, blocks, 16, 32, 2);
  add_stage(layer3, blocks, 32, 64, 2);
  layers::initialize(*this, init::Scheme::kKaimingNormal, default_generator());
}

Variable ResNet::forward(const Variable& images) {
  Variable x = layers::conv_norm(conv1, bn1, images, Activation::kRelu);
  x = layer3(layer2(layer1(x)));
  return linear(autograd::mean(x, {2, 3}));
}

}  // namespace tenon::models
