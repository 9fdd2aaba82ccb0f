#include "autograd/anomaly.h"

#include <cmath>
#include <string>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }

template <class Call>
std::string message_of(Call call) {
  try {
    call();
  } catch (const AutogradError& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(DetectAnomaly, NamesTheOperationThatFirstMadeANaN) {
  const Variable x = leaf({1, -2, -3});
  const DetectAnomaly guard;
  const std::string message = message_of([&] { sum(exp(log(x) * 2)); });
  EXPECT_EQ(message,
            "[log] expected a result without NaN, got one at [1] of f32 [3] (its arguments hold "
            "none)");
}

TEST(DetectAnomaly, SaysWhereANaNCameIn) {
  const Variable x = leaf({1, 2}), y(tensor({3, NAN}));
  const DetectAnomaly guard;
  EXPECT_EQ(message_of([&] { x + y; }),
            "[add] expected a result without NaN, got one at [1] of f32 [2] (argument 1 holds one "
            "at [1] of f32 [2])");
}

// d sqrt / dx at 0 is infinite, and times a gradient of 0 that is NaN: the forward pass is sound.
TEST(DetectAnomaly, NamesTheRuleThatFirstMadeANaN) {
  const Variable x = leaf({4, 0});
  const DetectAnomaly guard;
  const Variable loss = sum(sqrt(x) * Variable(tensor({1, 0})) + 1);
  EXPECT_EQ(message_of([&] { loss.backward(); }),
            "[sqrt] expected gradients without NaN from its derivative, got one for input 0 at [1] "
            "of f32 [2] (the gradient of its result holds none)");
  EXPECT_FALSE(x.grad().defined());
}

TEST(DetectAnomaly, SaysWhereABadGradientCameIn) {
  const Variable x = leaf({4}), y = x * 2;
  const DetectAnomaly guard;
  const std::string message = message_of([&] { y.backward(Variable(tensor({NAN}))); });
  EXPECT_NE(message.find("[mul]"), std::string::npos) << message;
  EXPECT_NE(message.find("its result holds one at [0]"), std::string::npos) << message;
}

TEST(DetectAnomaly, ChecksARecordedBackwardByRules) {
  const Variable x = leaf({0});
  const Variable y = sqrt(x) * 0;
  const DetectAnomaly guard;
  const std::string message = message_of([&] { y.backward({}, {.create_graph = true}); });
  EXPECT_NE(message.find("[sqrt]"), std::string::npos) << message;
}

TEST(DetectAnomaly, ChecksSeveralResultsAndWrites) {
  const Variable x(tensor({{1, NAN}}), true);
  const DetectAnomaly guard;
  EXPECT_NE(message_of([&] { split(x, 1, 1); }).find("[split]"), std::string::npos);
  const Variable y = leaf({1}) * 2;
  EXPECT_NE(message_of([&] { y.mul_(NAN); }).find("[mul_]"), std::string::npos);
}

TEST(DetectAnomaly, LetsInfinitiesAndConstantsPass) {
  const DetectAnomaly guard;
  EXPECT_TRUE(std::isinf(log(leaf({0})).item<float>()));
  EXPECT_TRUE(std::isnan(log(Variable(tensor({-1}))).item<float>())) << "nothing is recorded";
}

TEST(DetectAnomaly, Nests) {
  const Variable x = leaf({-1});
  EXPECT_FALSE(detecting_anomaly);
  {
    const DetectAnomaly on;
    {
      const DetectAnomaly off(false);
      EXPECT_TRUE(std::isnan(log(x).item<float>()));
    }
    EXPECT_THROW(log(x), AutogradError);
  }
  EXPECT_TRUE(std::isnan(log(x).item<float>()));
}

}  // namespace
}  // namespace tenon::autograd
