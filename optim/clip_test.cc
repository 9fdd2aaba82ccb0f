#include "optim/clip.h"

#include <cmath>
#include <limits>
#include <vector>

#include "gtest/gtest.h"
#include "optim/testing.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

using autograd::Variable;
using testing::floats;
using testing::leaf;
using testing::message_of;

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Gradients 3 and 4, and a parameter without one.
std::vector<Variable> three_and_four() {
  std::vector<Variable> parameters = {leaf({1}), leaf({2, 1}), leaf({5})};
  parameters[0].set_grad(full({1}, 3));
  parameters[1].set_grad(tensor({4, 0}).reshape({2, 1}));
  return parameters;
}

TEST(ClipNormTest, ScalesDownToTheNorm) {
  const std::vector<Variable> p = three_and_four();
  EXPECT_EQ(clip_grad_norm_(p, 2.5), 5);
  EXPECT_NEAR(p[0].grad().item<float>(), 1.5, 1e-6);
  EXPECT_NEAR(p[1].grad().value().item<float>({0, 0}), 2, 1e-6);
  EXPECT_FALSE(p[2].grad().defined());
}

TEST(ClipNormTest, LeavesSmallerOnesAlone) {
  const std::vector<Variable> p = three_and_four();
  EXPECT_EQ(clip_grad_norm_(p, 5.1), 5);
  EXPECT_EQ(p[0].grad().item<float>(), 3);
}

TEST(ClipNormTest, OtherNorms) {
  EXPECT_EQ(clip_grad_norm_(three_and_four(), 1, {.norm = Norm::kL1}), 7);
  const std::vector<Variable> p = three_and_four();
  EXPECT_EQ(clip_grad_norm_(p, 2, {.norm = Norm::kMax}), 4);
  EXPECT_NEAR(p[0].grad().item<float>(), 1.5, 1e-6);
}

TEST(ClipNormTest, OfNothing) {
  EXPECT_EQ(clip_grad_norm_({}, 1), 0);
  EXPECT_EQ(clip_grad_norm_(std::vector<Variable>{leaf({2})}, 1), 0);
}

TEST(ClipNormTest, NonFiniteOnesAreAnErrorWhereAsked) {
  const std::vector<Variable> p = three_and_four();
  p[1].set_grad(full({2, 1}, kNaN));
  EXPECT_EQ(message_of<ValueError>([&] { clip_grad_norm_(p, 1, {.error_if_nonfinite = true}); }),
            "[clip_grad_norm_] the gradient of parameter 1 [2,1] is not finite");
  EXPECT_EQ(p[0].grad().item<float>(), 3);
  EXPECT_TRUE(std::isnan(clip_grad_norm_(p, 1)));
  EXPECT_TRUE(std::isnan(p[0].grad().item<float>()));
}

TEST(ClipNormTest, SharedAndExpandedGradientsAreScaledOnce) {
  const std::vector<Variable> p = {leaf({1}), leaf({1}), leaf({4})};
  const Tensor shared = ones({1});
  p[0].set_grad(shared);
  p[1].set_grad(shared);
  p[2].set_grad(ones({1}).expand({4}));
  EXPECT_NEAR(clip_grad_norm_(p, 1), std::sqrt(6), 1e-12);
  for (const Variable& v : p) {
    for (const float g : floats(v.grad().value())) EXPECT_NEAR(g, 1 / std::sqrt(6), 1e-6);
  }
}

TEST(ClipNormTest, BadNormsAreRefused) {
  EXPECT_EQ(message_of<ValueError>([] { clip_grad_norm_(three_and_four(), -1); }),
            "[clip_grad_norm_] expected a max_norm of at least 0, got -1.000000");
  EXPECT_THROW(clip_grad_norm_(three_and_four(), kNaN), ValueError);
}

TEST(ClipValueTest, BringsElementsIntoRange) {
  const Variable w = leaf({5});
  w.set_grad(tensor({-3, -0.5, 0, 2, kNaN}));
  clip_grad_value_(std::vector<Variable>{w}, 1);
  const std::vector<float> got = floats(w.grad().value());
  EXPECT_EQ(std::vector<float>(got.begin(), got.end() - 1), (std::vector<float>{-1, -0.5, 0, 1}));
  EXPECT_TRUE(std::isnan(got[4]));
  EXPECT_THROW(clip_grad_value_(std::vector<Variable>{w}, -1), ValueError);
}

}  // namespace
}  // namespace tenon::optim
