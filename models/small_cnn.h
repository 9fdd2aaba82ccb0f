// A convolutional network for thumbnails, such as the 8x8 digits of the UCI set.
//
//   models::SmallCnn net;                // [N,1,8,8] -> [N,10]
#ifndef TENON_MODELS_SMALL_CNN_H_
#define TENON_MODELS_SMALL_CNN_H_

#include "layers/conv2d.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "layers/pooling.h"

namespace tenon::models {

struct SmallCnnOptions {
  std::int64_t in_channels = 1;
  layers::Size2d image = 8;
  std::int64_t width = 32;  ///< channels of conv1; conv2 has twice as many
  double dropout = 0.25;    ///< before fc2
  std::int64_t classes = 10;
};

/// conv1 width@3x3, ReLU, conv2 2 width@3x3, ReLU (both padded to keep the size), pool 2, fc1 128,
/// ReLU, dropout, fc2: logits. Throws ValueError for images below 2x2.
class SmallCnn : public layers::Module {
 public:
  using Options = SmallCnnOptions;

  explicit SmallCnn(const SmallCnnOptions& options = {}) : SmallCnn(nullptr, "", options) {}
  SmallCnn(layers::Module* parent, std::string_view name, const SmallCnnOptions& options = {});

  /// images [N,C,H,W] -> logits [N,classes].
  layers::Variable forward(const layers::Variable& images) override;

  layers::Conv2d conv1;
  layers::Conv2d conv2;
  layers::MaxPool2d pool;
  layers::Linear fc1;
  layers::Dropout dropout;
  layers::Linear fc2;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_SMALL_CNN_H_
