// Masks of every method against torch.nn.utils.prune, called once and twice.

#include "regularize/pruning.h"

#include <functional>
#include <limits>
#include <string>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "regularize/internal/fixtures.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon::regularize {
namespace {

using internal::fixture;
using internal::Pair;
using tenon::testing::expect_error;
using tenon::testing::expect_identical;

struct Method {
  std::string name;
  std::function<void(Masks&)> prune;
};

class PruningTest : public ::testing::TestWithParam<Method> {};

TEST_P(PruningTest, MasksArePyTorchs) {
  Pair net;
  Masks masks(net);
  for (const char* call : {"1", "2"}) {
    GetParam().prune(masks);
    const std::string prefix = GetParam().name + "." + call + ".";
    expect_identical(masks.entries()[0].mask.value(), fixture(prefix + "fc"), prefix);
    expect_identical(masks.entries()[1].mask.value(), fixture(prefix + "conv"), prefix);
    expect_identical(net.fc.weight().value(), fixture("fc.weight") * fixture(prefix + "fc"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Methods, PruningTest,
    ::testing::Values(
        Method{"l1", [](Masks& m) { prune_l1(m, 0.35); }},
        Method{"global", [](Masks& m) { prune_global_l1(m, 0.35); }},
        Method{"channels_l1", [](Masks& m) { prune_channels(m, 0.3, {.norm = ChannelNorm::kL1}); }},
        Method{"channels_l2", [](Masks& m) { prune_channels(m, 0.3); }},
        Method{"channels_max",
               [](Masks& m) { prune_channels(m, 0.3, {.norm = ChannelNorm::kMax}); }},
        Method{"channels_dim1", [](Masks& m) { prune_channels(m, 0.3, {.dim = 1}); }}),
    [](const auto& info) { return info.param.name; });

// The number that torch.nn.utils.prune takes: round half to even of the share of what is left.
TEST(RandomPruningTest, TakesTheSameNumber) {
  Pair net;
  Masks masks(net);
  Generator generator(2);
  prune_random(masks, 0.35, generator);
  EXPECT_EQ(masks.report()[0].masked, 32);  // of 91: 31.85
  EXPECT_EQ(masks.report()[1].masked, 76);  // of 216: 75.6
  const Tensor first = masks.entries()[0].mask.value().clone();
  prune_random(masks, 0.5, generator);
  EXPECT_EQ(masks.report()[0].masked, 32 + 30);  // 29.5 of 59, to even
  // What was masked stays so.
  EXPECT_EQ(sum(gt(masks.entries()[0].mask.value(), first)).item<int>(), 0);
  Pair other;
  Masks together(other);
  prune_global_random(together, 0.25, generator);
  EXPECT_EQ(together.report()[2].masked, 77);  // of 307: 76.75
}

TEST(RandomPruningTest, WholeChannels) {
  Pair net;
  Masks masks(net);
  Generator generator(2);
  prune_random_channels(masks, 0.5, 0, generator);
  const Tensor kept = sum(masks.entries()[1].mask.value(), {1, 2, 3});
  EXPECT_EQ(sum(eq(kept, 0)).item<int>(), 3);
  EXPECT_EQ(sum(eq(kept, 36)).item<int>(), 3);
}

TEST(PruningEdgeTest, NothingAndEverything) {
  for (const auto prune : {prune_l1, prune_global_l1}) {
    Pair net;
    Masks masks(net);
    prune(masks, 0);
    EXPECT_EQ(masks.sparsity(), 0);
    expect_identical(net.fc.weight().value(), fixture("fc.weight"));
    prune(masks, 1);
    EXPECT_EQ(masks.sparsity(), 1);
    EXPECT_EQ(sum(abs(net.conv.weight().value())).item<float>(), 0);
    prune(masks, 0.5);  // of nothing
    EXPECT_EQ(masks.sparsity(), 1);
  }
}

TEST(PruningEdgeTest, AShareForEach) {
  Pair net, same;
  Masks masks(net), expected(same);
  prune_l1_each(masks, std::vector<double>{0.5, 0});
  prune_l1(expected, 0.5);
  expect_identical(masks.entries()[0].mask.value(), expected.entries()[0].mask.value());
  EXPECT_EQ(masks.report()[1].masked, 0);
  expect_error<ValueError>([&] { prune_l1_each(masks, std::vector<double>{0.5}); },
                           {"[prune_l1_each]", "each of 2 parameters", "got 1"});
  EXPECT_THROW(prune_l1_each(masks, std::vector<double>{0.5, 1.1}), ValueError);
}

TEST(PruningEdgeTest, EqualMagnitudesGoInOrder) {
  Pair net;
  net.fc.weight().value().fill_(2);
  Masks masks(net, "fc.weight");
  prune_l1(masks, 3.0 / 91);
  const auto flags = masks.entries()[0].mask.value().to_vector<float>();
  EXPECT_EQ((std::vector<float>(flags.begin(), flags.begin() + 5)),
            (std::vector<float>{0, 0, 0, 1, 1}));
}

TEST(PruningEdgeTest, ToASparsity) {
  Pair net;
  Masks masks(net);
  for (const double target : {0.15, 0.5, 0.95}) {
    prune_global_l1(masks, amount_to_reach(masks, target));
    EXPECT_NEAR(masks.sparsity(), target, 1.0 / 307);
  }
  EXPECT_EQ(amount_to_reach(masks, 0.2), 0);
  EXPECT_EQ(amount_to_reach(masks, 1), 1);
}

TEST(PruningEdgeTest, BadArguments) {
  Pair net;
  Masks masks(net);
  expect_error<ValueError>([&] { prune_l1(masks, -0.1); }, {"[prune_l1]", "from 0 to 1", "-0.1"});
  EXPECT_THROW(prune_global_l1(masks, 1.5), ValueError);
  EXPECT_THROW(prune_random(masks, std::numeric_limits<double>::quiet_NaN()), ValueError);
  EXPECT_THROW(prune_channels(masks, 2), ValueError);
  EXPECT_THROW(prune_channels(masks, 0.5, {.dim = 2}), IndexError);  // fc has two
  EXPECT_THROW(amount_to_reach(masks, 1.1), ValueError);
  EXPECT_EQ(masks.sparsity(), 0);
}

}  // namespace
}  // namespace tenon::regularize
