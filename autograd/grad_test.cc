// grad(): gradients of chosen outputs with respect to chosen inputs.
#include <cmath>
#include <vector>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/variable.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using Numbers = std::vector<float>;

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }
Numbers numbers(const Variable& x) { return x.value().to_vector<float>(); }

std::vector<Variable> grad_of(const Variable& y, const std::vector<Variable>& inputs,
                              const GradOptions& options = {}) {
  return grad({&y, 1}, inputs, {}, options);
}

/// x itself; counts how often its rule runs.
Variable counted(const Variable& x, int* runs) {
  return record(
      "counted", x.value(),
      [runs](Gradients& g) {
        ++*runs;
        g.set(0, g.output());
      },
      x);
}

TEST(Grad, TouchesNoGradient) {
  const Variable x = leaf({2}), w = leaf({3});
  const auto grads = grad_of(x * w, {x, w});
  EXPECT_EQ(numbers(grads[0]), Numbers{3});
  EXPECT_EQ(numbers(grads[1]), Numbers{2});
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(w.grad().defined());
}

TEST(Grad, OfIntermediateResults) {
  const Variable x = leaf({2});
  const Variable y = square(x), z = y * x;
  const auto grads = grad_of(z, {y, x});
  EXPECT_EQ(numbers(grads[0]), Numbers{2});
  EXPECT_EQ(numbers(grads[1]), Numbers{12});
}

TEST(Grad, OfAnOutputWithRespectToItself) {
  const Variable x = leaf({2});
  const Variable y = square(x);
  EXPECT_EQ(numbers(grad_of(y, {y})[0]), Numbers{1});
  EXPECT_EQ(numbers(grad_of(x, {x})[0]), Numbers{1});
}

TEST(Grad, SumsOverOutputsWithTheirGradients) {
  const Variable x = leaf({1, 2});
  const Variable outputs[] = {square(x), x * 3};
  const Variable seeds[] = {Variable(tensor({1, 10})), Variable(tensor({1, 1}))};
  const auto grads = grad(outputs, {&x, 1}, seeds);
  EXPECT_EQ(numbers(grads[0]), (Numbers{5, 43}));
}

TEST(Grad, OfTheSameInputTwice) {
  const Variable x = leaf({3});
  const auto grads = grad_of(square(x), {x, x});
  EXPECT_EQ(numbers(grads[0]), Numbers{6});
  EXPECT_EQ(numbers(grads[1]), Numbers{6});
}

TEST(Grad, DoesNoWorkThatLeadsNowhere) {
  int towards_x = 0, towards_w = 0;
  const Variable x = leaf({2}), w = leaf({3});
  const Variable y = counted(x, &towards_x) * counted(w, &towards_w);
  grad_of(y, {x});
  EXPECT_EQ(towards_x, 1);
  EXPECT_EQ(towards_w, 0);
}

TEST(Grad, StopsAtAChosenResult) {
  int runs = 0;
  const Variable x = leaf({2});
  const Variable y = counted(x, &runs), z = square(y);
  EXPECT_EQ(numbers(grad_of(z, {y})[0]), Numbers{4});
  EXPECT_EQ(runs, 0);
}

TEST(Grad, UnusedInputs) {
  const Variable x = leaf({2}), w = leaf({3});
  EXPECT_THROW(grad_of(square(x), {x, w}), AutogradError);
  const auto grads = grad_of(square(x), {x, w}, {.allow_unused = true});
  EXPECT_EQ(numbers(grads[0]), Numbers{4});
  EXPECT_FALSE(grads[1].defined());
  // An input that was made after the output.
  const Variable y = square(x);
  const Variable later = x * 2;
  EXPECT_FALSE(grad_of(y, {later}, {.allow_unused = true})[0].defined());
}

TEST(Grad, RefusesWhatHasNoGradient) {
  const Variable x = leaf({2}), constant(tensor({1}));
  EXPECT_THROW(grad_of(square(x), {constant}), AutogradError);
  EXPECT_THROW(grad_of(square(x), {Variable()}), AutogradError);
  EXPECT_THROW(grad_of(constant, {x}), AutogradError);
  const Variable y = square(x);
  const Variable two[] = {y, y};
  EXPECT_THROW(grad({&y, 1}, {&x, 1}, two), AutogradError);
}

TEST(Grad, ReleasesAndRetains) {
  const Variable x = leaf({2});
  const Variable y = square(x);
  grad_of(y, {x}, {.retain_graph = true});
  grad_of(y, {x});
  EXPECT_THROW(grad_of(y, {x}), AutogradError);
}

TEST(Grad, OfGradients) {
  const Variable x = leaf({2});
  const Variable y = pow(x, 4);
  const Variable first = grad_of(y, {x}, {.create_graph = true})[0];
  const Variable second = grad_of(first, {x}, {.create_graph = true})[0];
  const Variable third = grad_of(second, {x})[0];
  EXPECT_EQ(numbers(first), Numbers{32});
  EXPECT_EQ(numbers(second), Numbers{48});
  EXPECT_EQ(numbers(third), Numbers{48});
  EXPECT_FALSE(third.requires_grad());
}

TEST(Grad, ThroughAGradientPenalty) {
  // d/dw (d(w x^2)/dx)^2 = d/dw (2 w x)^2 = 8 w x^2
  const Variable x = leaf({3}), w = leaf({2});
  const Variable slope = grad_of(w * square(x), {x}, {.create_graph = true})[0];
  square(slope).backward();
  EXPECT_EQ(numbers(w.grad()), Numbers{144});
}

TEST(Grad, OfAtan2AtTheOrigin) {
  const Variable a = leaf({0, 3}), b = leaf({0, 4});
  const auto grads = grad_of(sum(atan2(a, b)), {a, b}, {.create_graph = true});
  EXPECT_EQ(numbers(grads[0])[0], 0);
  EXPECT_FLOAT_EQ(numbers(grads[0])[1], 4. / 25);
  EXPECT_EQ(numbers(grads[1])[0], 0);
  EXPECT_FLOAT_EQ(numbers(grads[1])[1], -3. / 25);
  const auto second = grad_of(sum(grads[0]), {a, b});
  EXPECT_TRUE(all_finite(second[0].value()) && all_finite(second[1].value()));
  EXPECT_FLOAT_EQ(numbers(second[0])[1], -2. * 3 * 4 / 625);
}

/// d/dx of (x - mean) / deviation weight for gradient `grad`; without the mean where not centered.
std::vector<double> norm_grad(const std::vector<double>& x, const std::vector<double>& grad,
                              double weight, bool centered) {
  const auto n = static_cast<double>(x.size());
  double mean = 0, squares = 0, grads = 0, products = 0;
  for (const double v : x) mean += centered ? v / n : 0;
  for (const double v : x) squares += (v - mean) * (v - mean) / n;
  for (const double g : grad) grads += centered ? g / n : 0;
  for (std::size_t i = 0; i < x.size(); ++i) products += grad[i] * (x[i] - mean) / n;
  std::vector<double> result;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double along = grad[i] - grads - (x[i] - mean) * products / squares;
    result.push_back(weight * along / std::sqrt(squares));
  }
  return result;
}

TEST(Grad, RecordedOfNormalizedBF16WithWeightsOfF32) {
  const std::vector<double> values{1, 2, 4, -3}, seeds{1, -2, 0.5, 3};
  const auto bf16 = [](const std::vector<double>& v, const Shape& shape) {
    return from_vector(v, shape).to(DType::kBF16);
  };
  const auto expect = [&](const char* name, const Shape& shape, const Shape& parameters,
                          bool centered, const auto& call) {
    const Variable x(bf16(values, shape), true), weight(full(parameters, 1.5), true);
    const Variable bias(zeros(parameters), true), y = call(x, weight, bias);
    const Variable seed(bf16(seeds, shape));
    const auto grads = grad({&y, 1}, std::vector{x, weight}, {&seed, 1}, {.create_graph = true});
    EXPECT_EQ(grads[0].dtype(), DType::kBF16) << name;
    EXPECT_EQ(grads[1].dtype(), DType::kF32) << name;
    const auto expected = norm_grad(values, seeds, 1.5, centered);
    const auto got = grads[0].value().to(DType::kF64).to_vector<double>();
    for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], expected[i], 0.01) << name;
  };
  expect("batch_norm", {4, 1}, {1}, true, [](const auto& x, const auto& w, const auto& b) {
    return batch_norm(x, w, b, {}, {}, {.eps = 0});
  });
  expect("group_norm", {1, 4}, {4}, true,
         [](const auto& x, const auto& w, const auto& b) { return group_norm(x, 1, w, b, 0); });
  expect("layer_norm", {1, 4}, {4}, true,
         [](const auto& x, const auto& w, const auto& b) { return layer_norm(x, {4}, w, b, 0); });
  expect("rms_norm", {1, 4}, {4}, false,
         [](const auto& x, const auto& w, const auto&) { return rms_norm(x, {4}, w, 0); });
}

// Its powers are beyond f16, and 0 times infinity would be NaN.
TEST(Grad, OfTheGradientOfGeluTanhFarOut) {
  const std::vector<double> values{-300, -40, -23, 23, 40, 300};
  const Variable x(from_vector(values).to(DType::kF16), true), y = gelu_tanh(x) * 1000;
  const Variable ones(tenon::ones_like(y.value()));
  const auto first = grad({&y, 1}, {&x, 1}, {&ones, 1}, {.create_graph = true});
  const Variable seed = ones * 50;
  const auto second = grad(first, {&x, 1}, {&seed, 1}, {.allow_unused = true});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto at = static_cast<std::int64_t>(i);
    EXPECT_EQ(first[0].value().item<double>({at}), values[i] > 0 ? 1000 : 0) << values[i];
    EXPECT_EQ(second[0].value().item<double>({at}), 0) << values[i];
  }
}

}  // namespace
}  // namespace tenon::autograd
