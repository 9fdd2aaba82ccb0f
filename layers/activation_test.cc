#include "layers/activation.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

TEST(ActivationTest, BadOptionsAndInputs) {
  EXPECT_THROW(PReLU({.parameters = 0}), ValueError);
  EXPECT_THROW(CELU({.alpha = 0}), ValueError);
  EXPECT_THROW(Maxout({.pieces = 4})(ones({2, 6})), ShapeError);
  EXPECT_THROW(PReLU({.parameters = 3})(ones({2, 4})), ShapeError);
  EXPECT_THROW(Softmax({.dim = 2})(ones({2, 4})), IndexError);
}

TEST(ActivationTest, FirstValuesOfParameters) {
  EXPECT_EQ(values(PReLU({.parameters = 2}).parameters()[0]), (std::vector<float>{0.25, 0.25}));
  EXPECT_EQ(values(CELU({.alpha = 2, .trainable = true}).parameters()[0]), std::vector<float>{2});
  EXPECT_EQ(Swish().named_parameters()[0].first, "beta");
  EXPECT_EQ(Swish({.trainable = false}).num_parameters(), 0);
}

TEST(ActivationTest, TrainedCELUSurvivesLargeInputs) {
  CELU celu({.trainable = true});
  const Variable x(tensor({1e4, -1e4, 0.0}), true);
  celu(x).backward(ones({3}));
  EXPECT_EQ(values(x.grad()), (std::vector<float>{1, 0, 1}));
  EXPECT_EQ(values(celu.parameters()[0].grad()), std::vector<float>{-1});
}

TEST(ActivationTest, Descriptions) {
  EXPECT_EQ(LeakyReLU({.slope = 0.2}).describe(), "LeakyReLU(0.2)");
  EXPECT_EQ(GELU({.tanh = true}).describe(), "GELU(tanh)");
  EXPECT_EQ(Hardtanh().describe(), "Hardtanh(-1 to 1)");
  EXPECT_EQ(Swish().describe(), "Swish(1, trainable)");
  EXPECT_EQ(Mish().describe(), "Mish");
}

}  // namespace
}  // namespace tenon::layers
