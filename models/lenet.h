// LeNet-5 in the form that PyTorch's tutorials teach.
//
//   models::LeNet cifar;                                                 // [N,3,32,32] -> [N,10]
//   models::LeNet mnist({.in_channels = 1, .image = 28, .padding = 2});  // [N,1,28,28] -> [N,10]
#ifndef TENON_MODELS_LENET_H_
#define TENON_MODELS_LENET_H_

#include "layers/conv2d.h"
#include "layers/linear.h"
#include "layers/pooling.h"

namespace tenon::models {

struct LeNetOptions {
  std::int64_t in_channels = 3;
  layers::Size2d image = 32;
  int padding = 0;  ///< of conv1; 2 makes 28x28 images fit as 32x32 ones
  std::int64_t classes = 10;
};

/// conv1 6@5x5, ReLU, pool 2, conv2 16@5x5, ReLU, pool 2, fc1 120, ReLU, fc2 84, ReLU, fc3: logits.
/// The state dict is that of `Net` in PyTorch's "Training a classifier" tutorial. Throws ValueError
/// for images too small to pool twice. (LeCun, Bottou, Bengio & Haffner 1998, "Gradient-based
/// learning applied to document recognition", §II.B; ReLU, max pooling and full connections instead
/// of the original's tanh, trainable average pooling and sparse C3)
class LeNet : public layers::Module {
 public:
  using Options = LeNetOptions;

  explicit LeNet(const LeNetOptions& options = {}) : LeNet(nullptr, "", options) {}
  LeNet(layers::Module* parent, std::string_view name, const LeNetOptions& options = {});

  /// images [N,C,H,W] -> logits [N,classes].
  layers::Variable forward(const layers::Variable& images) override;

  layers::Conv2d conv1;
  layers::MaxPool2d pool;
  layers::Conv2d conv2;
  layers::Linear fc1;
  layers::Linear fc2;
  layers::Linear fc3;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_LENET_H_
