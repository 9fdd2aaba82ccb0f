#include "models/image_resnet.h"

#include <array>

#include "autograd/ops.h"
#include "init/init.h"
#include "layers/conv_norm.h"

namespace tenon::models {
namespace {

using layers::Variable;

layers::Conv2dOptions convolution(std::int64_t in, std::int64_t out, int kernel, int stride) {
  return {.in_channels = in,
          .out_channels = out,
          .kernel = kernel,
          .stride = stride,
          .padding = kernel / 2,
          .bias = false};
}

void add_stage(layers::Sequential& stage, int blocks, std::int64_t in, std::int64_t channels) {
  for (int i = 0; i < blocks; ++i) {
    const std::int64_t before = i == 0 ? in : channels;
    stage.add<ImageResNetBlock>(
        {.in_channels = before, .channels = channels, .stride = before == channels ? 1 : 2});
  }
}

std::array<int, 4> blocks_of(int depth) {
  if (depth == 18) return {2, 2, 2, 2};
  if (depth == 34) return {3, 4, 6, 3};
  throw ValueError("[ImageResNet] expected a depth of 18 or 34, got " + std::to_string(depth));
}

}  // namespace

ImageResNetBlock::ImageResNetBlock(layers::Module* parent, std::string_view name,
                                   const Options& options)
    : Module(parent, name),
      conv1(this, "conv1", convolution(options.in_channels, options.channels, 3, options.stride)),
      bn1(this, "bn1", {.features = options.channels}),
      conv2(this, "conv2", convolution(options.channels, options.channels, 3, 1)),
      bn2(this, "bn2", {.features = options.channels}) {
  if (options.stride == 1 && options.in_channels == options.channels) return;
  downsample = std::make_unique<layers::Sequential>(this, "downsample");
  downsample->add<layers::Conv2d>(
      convolution(options.in_channels, options.channels, 1, options.stride));
  downsample->add<layers::BatchNorm2d>({.features = options.channels});
}

Variable ImageResNetBlock::forward(const Variable& x) {
  const Variable h = layers::conv_norm(conv1, bn1, x, Activation::kRelu);
  const Variable y = layers::conv_norm(conv2, bn2, h);
  return autograd::relu(y + (downsample ? (*downsample)(x) : x));
}

ImageResNet::ImageResNet(layers::Module* parent, std::string_view name,
                         const ImageResNetOptions& options)
    : Module(parent, name),
      conv1(this, "conv1",
            convolution(options.in_channels, 64, options.thumbnails ? 3 : 7,
                        options.thumbnails ? 1 : 2)),
      bn1(this, "bn1", {.features = 64}),
      maxpool(this, "maxpool", {.kernel = 3, .stride = 2, .padding = 1}),
      layer1(this, "layer1"),
      layer2(this, "layer2"),
      layer3(this, "layer3"),
      layer4(this, "layer4"),
      fc(this, "fc", {.in_features = 512, .out_features = options.classes}),
      thumbnails_(options.thumbnails) {
  const std::array<int, 4> blocks = blocks_of(options.depth);
  add_stage(layer1, blocks[0], 64, 64);
  add_stage(layer2, blocks[1], 64, 128);
  add_stage(layer3, blocks[2], 128, 256);
  add_stage(layer4, blocks[3], 256, 512);
  for (const Variable& parameter : parameters()) {
    if (parameter.ndim() == 4) {
      init::kaiming_normal_(parameter.value(), default_generator(), {.mode = init::FanMode::kOut});
    }
  }
}

Variable ImageResNet::forward(const Variable& images) {
  Variable x = bn1(conv1(images), Activation::kRelu);
  if (!thumbnails_) x = maxpool(x);
  x = layer4(layer3(layer2(layer1(x))));
  return fc(autograd::mean(x, {2, 3}));
}

}  // namespace tenon::models
