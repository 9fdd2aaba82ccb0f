// The code of vision_finetuning.md.
#include <string>
#include <vector>

#include "finetune/vision.h"
#include "gtest/gtest.h"
#include "layers/freeze.h"
#include "layers/layers.h"
#include "models/resnet.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/readme.h"

namespace tenon {
namespace {

TEST(VisionFinetuning, HeadRatesAndUnfreezing) {
  const ScratchFolder scratch;
  const std::string path = scratch.path("trained.safetensors");
  manual_seed(3);
  const models::ResNet trained({.depth = 20});
  ASSERT_TRUE(write_safetensors(path, {.tensors = trained.state_dict()}).ok());
  const Tensor images = randn({6, 3, 32, 32}), labels = tensor({0, 1, 2, 0, 1, 2}).to(DType::kI64);

  models::ResNet net({.depth = 20});
  const auto file = read_safetensors(path);
  if (!file.ok()) return;
  net.load_state_dict(file->tensors);

  finetune::replace_head(net.linear, 3);
  layers::freeze(net, "*");
  layers::unfreeze(net, "linear.*");
  EXPECT_EQ(net.num_parameters(/*trainable_only=*/true), 64 * 3 + 3);
  layers::unfreeze(net, "*");

  const auto groups =
      finetune::layer_groups(net, {"conv1.*|bn1.*|layer1.*", "layer2.*", "layer3.*", "linear.*"});
  const auto optimizer = finetune::discriminative_adamw(groups, {.lr = 1e-3, .factor = 2.6});
  const std::vector<float> first = trained.conv1.weight().value().to_vector<float>();
  const std::vector<float> head = net.linear.weight().value().to_vector<float>();

  finetune::GradualUnfreezing unfreezing(groups);
  for (int epoch = 0; epoch < 4; ++epoch) {
    unfreezing.at_epoch(epoch);
    optimizer->zero_grad();
    layers::cross_entropy(net(images), labels).backward();
    optimizer->step();
    // The first layers wait for the last epoch.
    EXPECT_EQ(net.conv1.weight().value().to_vector<float>() == first, epoch < 3) << epoch;
  }
  EXPECT_NE(net.linear.weight().value().to_vector<float>(), head);
}

TEST(VisionFinetuning, ShowsThisCode) {
  testing::expect_examples_shown("docs/vision_finetuning.md", "docs/vision_finetuning_test.cc");
}

}  // namespace
}  // namespace tenon
