#include "layers/dropout.h"

#include <cmath>
#include <cstdint>

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

TEST(DropoutTest, ZeroesTheGivenShareAndScalesTheRest) {
  manual_seed(5);
  Dropout dropout({.p = 0.2});
  const Variable x(ones({100, 1000}), /*requires_grad=*/true);
  const Variable y = dropout(x);
  std::int64_t zeroed = 0;
  for (float v : values(y)) {
    if (v == 0) {
      ++zeroed;
    } else {
      ASSERT_FLOAT_EQ(v, 1.25f);
    }
  }
  // Binomial(100,000, 0.2) has a standard deviation of 126.
  EXPECT_NEAR(static_cast<double>(zeroed), 20000, 4 * 126);
  y.backward(ones({100, 1000}));
  EXPECT_EQ(values(x.grad()), values(y));  // of ones, both are the mask
}

TEST(DropoutTest, TheIdentityInEvaluationAndForZero) {
  Dropout dropout({.p = 0.9});
  dropout.eval();
  const Variable x(ones({10, 10}));
  EXPECT_TRUE(dropout(x).same_as(x));
  Dropout none({.p = 0});
  EXPECT_TRUE(none(x).same_as(x));
}

TEST(DropoutTest, ARestoredGeneratorRepeatsTheMasks) {
  manual_seed(17);
  Dropout dropout({.p = 0.5});
  const Variable x(ones({7, 9}));
  dropout(x);
  const Generator saved(default_generator().seed(), default_generator().offset());
  const auto first = values(dropout(x));
  const auto second = values(dropout(x));
  EXPECT_NE(first, second);
  default_generator() = saved;
  EXPECT_EQ(values(dropout(x)), first);
  EXPECT_EQ(values(dropout(x)), second);
}

TEST(DropoutTest, BadProbabilities) {
  for (double p : {-0.1, 1.0, 1.5, std::nan("")}) EXPECT_THROW(Dropout({.p = p}), ValueError) << p;
  EXPECT_EQ(message_of<ValueError>([] { Dropout({.p = 1}); }),
            "[Dropout] expected p in [0,1), got 1.000000");
  EXPECT_EQ(Dropout({.p = 0.25}).describe(), "Dropout(0.25)");
  EXPECT_EQ(Dropout({.p = 0}).describe(), "Dropout(0)");
}

TEST(Dropout2dTest, DropsWholeChannels) {
  Dropout2d dropout({.p = 0.25});
  const Tensor y = dropout(ones({100, 20, 3, 2})).value();
  const Tensor sums = tenon::sum(y, {2, 3});
  int dropped = 0;
  for (const float sum : sums.to_vector<float>()) {
    EXPECT_TRUE(sum == 0 || std::abs(sum - 8) < 1e-5) << sum;  // 6 elements of 4/3
    dropped += sum == 0;
  }
  EXPECT_NEAR(dropped / 2000.0, 0.25, 0.04);  // four deviations
}

TEST(Dropout2dTest, IdentityInEvaluationAndBadInputs) {
  Dropout2d dropout({.p = 0.5});
  EXPECT_THROW(dropout(ones({3})), ShapeError);
  EXPECT_THROW(Dropout2d({.p = 1}), ValueError);
  dropout.eval();
  EXPECT_EQ(values(dropout(ones({2, 2, 1, 1}))), std::vector<float>(4, 1));
  EXPECT_EQ(dropout.describe(), "Dropout2d(0.5)");
}

}  // namespace
}  // namespace tenon::layers
