#include "layers/conv_norm.h"

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::values;

struct Pair {
  explicit Pair(bool bias, bool affine)
      : conv({.in_channels = 3, .out_channels = 5, .kernel = 3, .padding = 1, .bias = bias}),
        norm({.features = 5, .affine = affine}) {
    if (affine) {
      norm.weight().value().copy_(rand({5}) + 0.5);
      norm.bias().value().copy_(randn({5}));
    }
    norm.running_mean().value().copy_(randn({5}));
    norm.running_var().value().copy_(rand({5}) + 0.1);
    conv.eval();
    norm.eval();
  }
  Variable one_by_one(const Variable& x) { return autograd::relu(norm(conv(x))); }
  Variable together(const Variable& x) { return conv_norm(conv, norm, x, Activation::kRelu); }

  Conv2d conv;
  BatchNorm2d norm;
};

void expect_close(const Variable& got, const Variable& expected) {
  const auto g = values(got), e = values(expected);
  ASSERT_EQ(g.size(), e.size());
  for (std::size_t i = 0; i < g.size(); ++i) {
    ASSERT_NEAR(g[i], e[i], 1e-5 * std::max(1.0f, std::abs(e[i]))) << i;
  }
}

TEST(ConvNormTest, FoldsInEvaluation) {
  const autograd::NoGrad guard;
  const Variable x(randn({2, 3, 7, 5}));
  for (const bool bias : {false, true}) {
    for (const bool affine : {false, true}) {
      Pair pair(bias, affine);
      const Tensor before = pair.conv.weight().value().clone();
      expect_close(pair.together(x), pair.one_by_one(x));
      expect_close(conv_norm(pair.conv, pair.norm, x), pair.norm(pair.conv(x)));
      EXPECT_EQ(values(pair.conv.weight()), values(Variable(before)));
    }
  }
}

// Where the weights have no gradient, folding is allowed; where they have, derivatives are the
// modules' own.
TEST(ConvNormTest, GradientsFlowWhereTheyAreAskedFor) {
  const Variable x(randn({2, 3, 4, 4}), /*requires_grad=*/true);
  Pair pair(true, true);
  pair.together(x).backward(ones({2, 5, 4, 4}));
  const auto together = values(x.grad());
  const auto of_weight = values(pair.conv.weight().grad());
  x.zero_grad();
  pair.conv.zero_grad();
  pair.one_by_one(x).backward(ones({2, 5, 4, 4}));
  EXPECT_EQ(values(x.grad()), together);
  EXPECT_EQ(values(pair.conv.weight().grad()), of_weight);
}

TEST(ConvNormTest, TrainingMovesTheStatistics) {
  const autograd::NoGrad guard;
  Pair pair(false, true);
  pair.norm.train();
  const auto before = values(pair.norm.running_mean());
  pair.together(Variable(randn({2, 3, 4, 4})));
  EXPECT_NE(values(pair.norm.running_mean()), before);
}

TEST(ConvNormTest, HooksSeeBothModules) {
  const autograd::NoGrad guard;
  Pair pair(false, true);
  int seen = 0;
  pair.conv.register_forward_hook([&](const Variable&) { ++seen; });
  pair.together(Variable(randn({1, 3, 4, 4})));
  EXPECT_EQ(seen, 1);
}

TEST(ConvNormTest, ShapesThatDoNotFitAreNamed) {
  const autograd::NoGrad guard;
  Pair pair(false, true);
  EXPECT_THROW(pair.together(Variable(ones({1, 4, 4, 4}))), ShapeError);
  BatchNorm2d other({.features = 4});
  other.eval();
  EXPECT_THROW(conv_norm(pair.conv, other, Variable(ones({1, 3, 4, 4}))), ShapeError);
}

}  // namespace
}  // namespace tenon::layers
