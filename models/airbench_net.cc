#include "models/airbench_net.h"

#include <algorithm>
#include <cmath>

#include "autograd/ops.h"
#include "init/init.h"
#include "init/structured.h"
#include "layers/conv_norm.h"
#include "layers/freeze.h"

namespace tenon::models {
namespace {

using layers::Variable;

constexpr std::int64_t kPatchFilters = 2 * 3 * 2 * 2;  // of 12 numbers, and their negatives

layers::Conv2dOptions conv3x3(std::int64_t in, std::int64_t out) {
  return {.in_channels = in, .out_channels = out, .kernel = 3, .padding = 1, .bias = false};
}

layers::BatchNormOptions norm_of(std::int64_t channels) {
  return {.features = channels, .eps = 1e-12, .momentum = 0.4};
}

/// The first filters hand their channel on; the others stay as they are.
void begin_as_identity(const layers::Conv2d& conv) {
  const Tensor& weight = conv.weight().value();
  init::dirac_(weight.narrow(0, 0, std::min(weight.size(0), weight.size(1))));
}

}  // namespace

AirbenchBlock::AirbenchBlock(layers::Module* parent, std::string_view name,
                             std::int64_t in_channels, std::int64_t channels)
    : Module(parent, name),
      conv1(this, "conv1", conv3x3(in_channels, channels)),
      norm1(this, "norm1", norm_of(channels)),
      conv2(this, "conv2", conv3x3(channels, channels)),
      norm2(this, "norm2", norm_of(channels)) {
  begin_as_identity(conv1);
  begin_as_identity(conv2);
  layers::freeze(norm1, "weight");
  layers::freeze(norm2, "weight");
}

Variable AirbenchBlock::forward(const Variable& x) {
  const Variable pooled = autograd::max_pool2d(conv1(x), {.kernel = {2, 2}, .stride = {2, 2}});
  const Variable h = autograd::gelu(norm1(pooled));
  return layers::conv_norm(conv2, norm2, h, Activation::kGelu);
}

AirbenchNet::AirbenchNet(layers::Module* parent, std::string_view name,
                         const AirbenchNetOptions& options)
    : Module(parent, name),
      whitening(this, "whitening", {.in_channels = 3, .out_channels = kPatchFilters, .kernel = 2}),
      block1(this, "block1", kPatchFilters, options.widths[0]),
      block2(this, "block2", options.widths[0], options.widths[1]),
      block3(this, "block3", options.widths[1], options.widths[2]),
      head(this, "head",
           {.in_features = options.widths[2], .out_features = options.classes, .bias = false}) {
  layers::freeze(whitening, "weight");
  const double bound = std::sqrt(3.0);
  init::uniform_(head.weight().value(), default_generator(), {.low = -bound, .high = bound});
}

Variable AirbenchNet::forward(const Variable& images) {
  if (images.ndim() != 4 || images.shape() != Shape{images.size(0), 3, 32, 32}) {
    throw ShapeError(where() + "expected images [N,3,32,32], got " + to_string(images.shape()));
  }
  Variable x = block3(block2(block1(whitening(images, Activation::kGelu))));
  x = autograd::max_pool2d(x, {.kernel = {3, 3}, .stride = {3, 3}});
  const std::int64_t features = x.size(1);
  return head(autograd::reshape(x, {x.size(0), features})) * (1 / static_cast<double>(features));
}

}  // namespace tenon::models
