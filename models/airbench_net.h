// The convolutional network that learns CIFAR-10 in seconds on a GPU.
//
//   models::AirbenchNet net;                                           // [N,3,32,32] -> [N,10]
//   init::whitening_(net.whitening.weight().value(), some_images);     // init/whitening.h
#ifndef TENON_MODELS_AIRBENCH_NET_H_
#define TENON_MODELS_AIRBENCH_NET_H_

#include <array>
#include <string_view>

#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/linear.h"

namespace tenon::models {

struct AirbenchNetOptions {
  std::array<std::int64_t, 3> widths = {64, 256, 256};  ///< channels of each block
  std::int64_t classes = 10;
};

/// h = gelu(norm1(max_pool(conv1(x)))), gelu(norm2(conv2(h))): [N,C,H,W] -> [N,K,H/2,W/2].
/// Convolutions of 3x3 without bias begin as the identity of the channels that both sides have, the
/// other filters as PyTorch's. Norms have a bias but no scale to train, an eps of 1e-12 and a
/// momentum of 0.4.
class AirbenchBlock : public layers::Module {
 public:
  AirbenchBlock(layers::Module* parent, std::string_view name, std::int64_t in_channels,
                std::int64_t channels);
  layers::Variable forward(const layers::Variable& x) override;

  layers::Conv2d conv1;
  layers::BatchNorm2d norm1;
  layers::Conv2d conv2;
  layers::BatchNorm2d norm2;
};

/// gelu(whitening(x)) of 2x2 patches, three blocks, the maximum over the 3x3 pixels that are left,
/// and head(x) / features, whose weights begin uniform with variance 1. The whitening layer's
/// weights are frozen; they begin at random: fill them. 1,972,792 parameters. (Jordan 2024, "94% on
/// CIFAR-10 in 3.29 seconds on a single GPU", §3.1 to 3.3; the head's scale as in its later
/// versions for Muon)
class AirbenchNet : public layers::Module {
 public:
  using Options = AirbenchNetOptions;

  /// Throws ValueError for widths or classes below 1.
  explicit AirbenchNet(const AirbenchNetOptions& options = {})
      : AirbenchNet(nullptr, "", options) {}
  AirbenchNet(layers::Module* parent, std::string_view name,
              const AirbenchNetOptions& options = {});

  /// Images normalized for each channel. Throws ShapeError for other sizes.
  layers::Variable forward(const layers::Variable& images) override;

  layers::Conv2d whitening;
  AirbenchBlock block1;
  AirbenchBlock block2;
  AirbenchBlock block3;
  layers::Linear head;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_AIRBENCH_NET_H_
