// Residual networks of 18 and 34 layers, for photographs and, with another stem, for thumbnails.
//
//   models::ImageResNet net({.depth = 18});                        // [N,3,224,224] -> [N,1000]
//   models::ImageResNet cifar({.classes = 10, .thumbnails = true});   // [N,3,32,32] -> [N,10]
#ifndef TENON_MODELS_IMAGE_RESNET_H_
#define TENON_MODELS_IMAGE_RESNET_H_

#include <memory>

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/pooling.h"
#include "layers/sequential.h"

namespace tenon::models {

struct ImageResNetOptions {
  int depth = 18;  ///< or 34
  std::int64_t in_channels = 3;
  std::int64_t classes = 1000;
  /// A first convolution of 3x3 that keeps the size and no pooling, instead of 7x7 with stride 2
  /// and pooling by two.
  bool thumbnails = false;
};

/// relu(bn2(conv2(relu(bn1(conv1(x))))) + shortcut(x)). Where the shape changes, the shortcut is a
/// 1x1 convolution and a batch normalization, "downsample.0" and "downsample.1" (option B of the
/// paper).
class ImageResNetBlock : public layers::Module {
 public:
  struct Options {
    std::int64_t in_channels = 0;
    std::int64_t channels = 0;
    int stride = 1;
  };

  ImageResNetBlock(layers::Module* parent, std::string_view name, const Options& options);
  layers::Variable forward(const layers::Variable& x) override;

  layers::Conv2d conv1;
  layers::BatchNorm2d bn1;
  layers::Conv2d conv2;
  layers::BatchNorm2d bn2;
  std::unique_ptr<layers::Sequential> downsample;  ///< null where x goes around as it is
};

/// A stem to 64 channels, four stages of blocks with 64, 128, 256 and 512 channels (two each, or 3,
/// 4, 6, 3), the mean over the image, and a linear layer. Convolutions begin as He's normal ones
/// (fan_out). The state dict is that of torchvision's resnet18 and resnet34. Throws ValueError for
/// another depth. (He, Zhang, Ren & Sun 2016, "Deep residual learning for image recognition", §3.3
/// and table 1)
class ImageResNet : public layers::Module {
 public:
  using Options = ImageResNetOptions;

  explicit ImageResNet(const ImageResNetOptions& options = {})
      : ImageResNet(nullptr, "", options) {}
  ImageResNet(layers::Module* parent, std::string_view name,
              const ImageResNetOptions& options = {});

  /// images [N,C,H,W] -> logits [N,classes].
  layers::Variable forward(const layers::Variable& images) override;

  layers::Conv2d conv1;
  layers::BatchNorm2d bn1;
  layers::MaxPool2d maxpool;
  layers::Sequential layer1;
  layers::Sequential layer2;
  layers::Sequential layer3;
  layers::Sequential layer4;
  layers::Linear fc;

 private:
  bool thumbnails_;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_IMAGE_RESNET_H_
