#include "models/alexnet.h"

#include "autograd/ops.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/dropout.h"
#include "layers/linear.h"

namespace tenon::models {
namespace {

using layers::Variable;

constexpr int kSide = 6;  // of what the classifier sees
constexpr std::int64_t kHidden = 4096;

void add_conv(layers::Sequential& net, const layers::Conv2dOptions& options) {
  net.add<layers::Conv2d>(options);
  net.add<layers::ReLU>();
}

void add_pool(layers::Sequential& net) { net.add<layers::MaxPool2d>({.kernel = 3, .stride = 2}); }

void add_hidden(layers::Sequential& net, std::int64_t in, double dropout) {
  net.add<layers::Dropout>({.p = dropout});
  net.add<layers::Linear>({.in_features = in, .out_features = kHidden});
  net.add<layers::ReLU>();
}

}  // namespace

AlexNet::AlexNet(layers::Module* parent, std::string_view name, const AlexNetOptions& options)
    : Module(parent, name),
      features(this, "features"),
      avgpool(this, "avgpool", {.size = kSide}),
      classifier(this, "classifier") {
  add_conv(features, {.in_channels = options.in_channels,
                      .out_channels = 64,
                      .kernel = 11,
                      .stride = 4,
                      .padding = 2});
  add_pool(features);
  add_conv(features, {.in_channels = 64, .out_channels = 192, .kernel = 5, .padding = 2});
  add_pool(features);
  add_conv(features, {.in_channels = 192, .out_channels = 384, .kernel = 3, .padding = 1});
  add_conv(features, {.in_channels = 384, .out_channels = 256, .kernel = 3, .padding = 1});
  add_conv(features, {.in_channels = 256, .out_channels = 256, .kernel = 3, .padding = 1});
  add_pool(features);
  add_hidden(classifier, 256 * kSide * kSide, options.dropout);
  add_hidden(classifier, kHidden, options.dropout);
  classifier.add<layers::Linear>({.in_features = kHidden, .out_features = options.classes});
}

Variable AlexNet::forward(const Variable& images) {
  return classifier(autograd::flatten(avgpool(features(images)), 1));
}

}  // namespace tenon::models
