// Residual networks for images of CIFAR's size.
//
//   models::ResNet net({.depth = 20});          // [N,3,32,32] -> [N,10]
#ifndef TENON_MODELS_RESNET_H_
#define TENON_MODELS_RESNET_H_

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/sequential.h"

namespace tenon::models {

struct ResNetOptions {
  int depth = 20;  ///< 6 n + 2: 20, 32, 44, 56, 110, …
  std::int64_t in_channels = 3;
  std::int64_t classes = 10;
};

/// relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)). Where the channels grow, the shortcut takes
/// every other pixel and adds as many channels of zeros before as behind, without parameters
/// (option A of the paper).
class ResNetBlock : public layers::Module {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t channels = 0;
    int stride = 1;
  };

  ResNetBlock(layers::Module* parent, std::string_view name, const Options& options);
  layers::Variable forward(const layers::Variable& x) override;

  layers::Conv2d conv1;
  layers::BatchNorm2d bn1;
  layers::Conv2d conv2;
  layers::BatchNorm2d bn2;

 private:
  layers::Variable shortcut(const layers::Variable& x) const;

  Options options_;
};

/// A convolution to 16 channels, three stages of n blocks with 16, 32 and 64 channels, the mean
/// over the image, and a linear layer. Weights of convolutions and the linear layer begin as He's
/// normal ones. The state dict is that of Y. Idelbayev's pretrained networks for CIFAR-10
/// (github.com/akamaster/pytorch_resnet_cifar10, without the "module." of its names). Images are
/// [N,C,H,W] of at least 1x1, normalized as the weights were trained. Throws ValueError for another
/// depth. (He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", §4.2)
class ResNet : public layers::Module {
 public:
  using Options = ResNetOptions;

  explicit ResNet(const ResNetOptions& options = {}) : ResNet(nullptr, "", options) {}
  ResNet(layers::Module* parent, std::string_view name, const ResNetOptions& options = {});

  layers::Variable forward(const layers::Variable& images) override;

  layers::Conv2d conv1;
  layers::BatchNorm2d bn1;
  layers::Sequential layer1;
  layers::Sequential layer2;
  layers::Sequential layer3;
  layers::Linear linear;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_RESNET_H_
