#include "layers/initialize.h"

#include <vector>

#include "gtest/gtest.h"
#include "layers/conv2d.h"
#include "layers/internal/test_util.h"
#include "layers/linear.h"

namespace tenon::layers {
namespace {

using internal::values;

TEST(InitializeTest, WeightsByTheSchemeBiasesZeroOthersUntouched) {
  struct Net : Module {
    Linear fc{this, "fc", {.in_features = 30, .out_features = 20}};
    Conv2d conv{this, "conv", {.in_channels = 2, .out_channels = 3, .kernel = 3}};
    Variable scale = parameter("scale", full({4}, 5));
  };
  const Net net;
  Generator generator(8);
  initialize(net, init::Scheme::kKaimingNormal, generator);
  Generator again(8);
  const Tensor fc = empty({20, 30});
  const Tensor conv = empty({3, 2, 3, 3});
  init::kaiming_normal_(fc, again);
  init::kaiming_normal_(conv, again);
  EXPECT_EQ(values(net.fc.weight()), fc.to_vector<float>());
  EXPECT_EQ(values(net.conv.weight()), conv.to_vector<float>());
  EXPECT_EQ(values(net.fc.bias()), std::vector<float>(20, 0));
  EXPECT_EQ(values(net.conv.bias()), std::vector<float>(3, 0));
  EXPECT_EQ(values(net.scale), std::vector<float>(4, 5));
}

}  // namespace
}  // namespace tenon::layers
