// AlexNet for photographs.
//
//   models::AlexNet net;                       // [N,3,224,224] -> [N,1000], 61,100,840 parameters
#ifndef TENON_MODELS_ALEXNET_H_
#define TENON_MODELS_ALEXNET_H_

#include "layers/pooling.h"
#include "layers/sequential.h"

namespace tenon::models {

struct AlexNetOptions {
  std::int64_t in_channels = 3;
  std::int64_t classes = 1000;
  double dropout = 0.5;  ///< before the first two linear layers
};

/// features: conv 64@11x11/4, ReLU, pool 3/2, conv 192@5x5, ReLU, pool 3/2, conv 384@3x3, ReLU,
/// conv 256@3x3, ReLU, conv 256@3x3, ReLU, pool 3/2; avgpool: means to 6x6; classifier: dropout,
/// 4096, ReLU, dropout, 4096, ReLU, classes. The state dict is that of torchvision's alexnet.
/// Images [N,C,H,W] may have any sides from 63; smaller ones throw ShapeError. (Krizhevsky 2014,
/// "One weird trick for parallelizing convolutional neural networks", whose listing torchvision
/// follows, after Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification with deep
/// convolutional neural networks", §3.5)
class AlexNet : public layers::Module {
 public:
  using Options = AlexNetOptions;

  explicit AlexNet(const AlexNetOptions& options = {}) : AlexNet(nullptr, "", options) {}
  AlexNet(layers::Module* parent, std::string_view name, const AlexNetOptions& options = {});

  /// images [N,C,H,W] -> logits [N,classes].
  layers::Variable forward(const layers::Variable& images) override;

  layers::Sequential features;
  layers::AdaptiveAvgPool2d avgpool;
  layers::Sequential classifier;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_ALEXNET_H_
