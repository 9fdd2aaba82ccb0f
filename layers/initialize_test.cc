#include "layers/initialize.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "layers/activation.h"
#include "layers/batch_norm.h"
#include "layers/conv2d.h"
#include "layers/dropout.h"
#include "layers/internal/test_util.h"
#include "layers/linear.h"
#include "layers/sequential.h"

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

struct Mixed : Module {
  Conv2d conv{this, "conv", {.in_channels = 2, .out_channels = 3, .kernel = 3}};
  BatchNorm2d norm{this, "norm", {.features = 3}};
  ReLU relu{this, "relu"};
  Linear hidden{this, "hidden", {.in_features = 12, .out_features = 30}};
  Dropout dropout{this, "dropout"};
  Tanh tanh{this, "tanh"};
  Linear head{this, "head", {.in_features = 30, .out_features = 20}};
};

TEST(InitializeTest, TheHeuristicLooksAtTheActivationThatFollows) {
  using Schemes = std::vector<std::pair<std::string, init::Scheme>>;
  const Mixed net;
  EXPECT_EQ(heuristic_schemes(net), (Schemes{{"conv.weight", init::Scheme::kKaimingNormal},
                                             {"hidden.weight", init::Scheme::kXavierUniform},
                                             {"head.weight", init::Scheme::kXavierUniform}}));
  EXPECT_EQ(heuristic_schemes(net, {.otherwise = init::Scheme::kZeros})[2].second,
            init::Scheme::kZeros);
  EXPECT_EQ(heuristic_schemes(net.head, {.otherwise = init::Scheme::kKaimingNormal}),
            (Schemes{{"weight", init::Scheme::kKaimingNormal}}));
}

TEST(InitializeTest, AnActivationThatIsADescendantCounts) {
  Sequential net;
  net.add<Linear>({.in_features = 4, .out_features = 4});
  net.add<ReLU>();
  net.add<Linear>({.in_features = 4, .out_features = 2});
  const auto schemes = heuristic_schemes(net);
  ASSERT_EQ(schemes.size(), 2u);
  EXPECT_EQ(schemes[0].second, init::Scheme::kKaimingNormal);
  EXPECT_EQ(schemes[1].second, init::Scheme::kXavierUniform);
}

TEST(InitializeTest, TheHeuristicFillsByItsSchemes) {
  const Mixed net;
  Generator generator(8), again(8);
  initialize(net, generator);
  const Tensor conv = empty({3, 2, 3, 3}), hidden = empty({30, 12}), head = empty({20, 30});
  init::kaiming_normal_(conv, again);
  init::xavier_uniform_(hidden, again);
  init::xavier_uniform_(head, again);
  EXPECT_EQ(values(net.conv.weight()), conv.to_vector<float>());
  EXPECT_EQ(values(net.hidden.weight()), hidden.to_vector<float>());
  EXPECT_EQ(values(net.head.weight()), head.to_vector<float>());
  EXPECT_EQ(values(net.head.bias()), std::vector<float>(20, 0));
}

}  // namespace
}  // namespace tenon::layers
