// Activation functions and their derivatives against the C library in double: accuracy, special
// values, every dtype and layout.
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numbers>
#include <random>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;
using Function = ActivationFunction;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

double cdf(double x) { return 0.5 * std::erfc(-x / std::numbers::sqrt2); }
double pdf(double x) { return std::exp(-0.5 * x * x) / std::sqrt(2 * std::numbers::pi); }
double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double softplus_of(double x) { return std::fmax(x, 0) + std::log1p(std::exp(-std::fabs(x))); }
double inner_of(double x) { return std::sqrt(2 / std::numbers::pi) * (x + 0.044715 * x * x * x); }

double gelu_tanh_slope(double x) {
  const double s = sigmoid_of(2 * inner_of(x)), t = sigmoid_of(-2 * inner_of(x));
  return s + x * s * t * std::sqrt(8 / std::numbers::pi) * (1 + 3 * 0.044715 * x * x);
}

struct ActivationCase {
  const char* name;
  std::function<Tensor(const Tensor&)> call;
  testing::Function1 value;
  ActivationArgs args;
  testing::Function1 slope;
  double low = -20, high = 20;  // where accuracy is measured
};

// Numbers that f32 holds exactly where they are parameters.
const ActivationCase kCases[] = {
    {"leaky_relu",
     [](const Tensor& x) { return leaky_relu(x, 0.25); },
     [](double x) { return x > 0 ? x : 0.25 * x; },
     {Function::kLeakyRelu, 0.25},
     [](double x) { return x > 0 ? 1 : 0.25; }},
    {"elu",
     [](const Tensor& x) { return elu(x, 1.5); },
     [](double x) { return x > 0 ? x : 1.5 * std::expm1(x); },
     {Function::kElu, 1.5},
     [](double x) { return x > 0 ? 1 : 1.5 * std::exp(x); }},
    {"celu",
     [](const Tensor& x) { return celu(x, 2); },
     [](double x) { return x > 0 ? x : 2 * std::expm1(x / 2); },
     {Function::kCelu, 2},
     [](double x) { return x > 0 ? 1 : std::exp(x / 2); }},
    {"selu",
     selu,
     [](double x) { return kSeluScale * (x > 0 ? x : kSeluAlpha * std::expm1(x)); },
     {Function::kSelu},
     [](double x) { return kSeluScale * (x > 0 ? 1 : kSeluAlpha * std::exp(x)); }},
    {"gelu",
     gelu,
     [](double x) { return x * cdf(x); },
     {Function::kGelu},
     [](double x) { return cdf(x) + x * pdf(x); },
     -12.5,
     20},
    {"gelu_tanh",
     gelu_tanh,
     [](double x) { return x * sigmoid_of(2 * inner_of(x)); },  // 1 + tanh(u) would cancel
     {Function::kGeluTanh},
     gelu_tanh_slope,
     -10,
     20},
    {"silu",
     silu,
     [](double x) { return x * sigmoid_of(x); },
     {Function::kSilu},
     [](double x) { return sigmoid_of(x) * (1 + x * (1 - sigmoid_of(x))); },
     -80,
     80},
    {"softplus",
     [](const Tensor& x) { return softplus(x, 2, 20); },
     [](double x) { return 2 * x > 20 ? x : softplus_of(2 * x) / 2; },
     {Function::kSoftplus, 2, 20},
     [](double x) { return 2 * x > 20 ? 1 : sigmoid_of(2 * x); },
     -40,
     40},
    {"mish",
     mish,
     [](double x) { return x * std::tanh(softplus_of(x)); },
     {Function::kMish},
     [](double x) {
       const double t = std::tanh(softplus_of(x));
       return t + x * (1 - t * t) * sigmoid_of(x);
     },
     -80,
     80},
    {"log_sigmoid",
     log_sigmoid,
     [](double x) { return -softplus_of(-x); },
     {Function::kLogSigmoid},
     [](double x) { return sigmoid_of(-x); },
     -80,
     80},
    {"clamp",
     [](const Tensor& x) { return clamp(x, -1.5, 2); },
     [](double x) { return x < -1.5 ? -1.5
                           : x > 2  ? 2
                                    : x; },
     {Function::kClamp, -1.5, 2},
     [](double x) { return x >= -1.5 && x <= 2 ? 1.0 : 0.0; }},
    {"hardtanh",
     [](const Tensor& x) { return hardtanh(x, -1.5, 2); },
     [](double x) { return x < -1.5 ? -1.5
                           : x > 2  ? 2
                                    : x; },
     {Function::kHardtanh, -1.5, 2},
     [](double x) { return x > -1.5 && x < 2 ? 1.0 : 0.0; }},
    {"hardsigmoid",
     hardsigmoid,
     [](double x) { return x < -3  ? 0
                           : x > 3 ? 1
                                   : x / 6 + 0.5; },
     {Function::kHardsigmoid},
     [](double x) { return x > -3 && x < 3 ? 1.0 / 6 : 0.0; },
     -2.5,
     20},
    {"hardswish",
     hardswish,
     [](double x) { return x < -3  ? 0
                           : x > 3 ? x
                                   : x * (x / 6 + 0.5); },
     {Function::kHardswish},
     [](double x) { return x <= -3  ? 0
                           : x >= 3 ? 1
                                    : x / 3 + 0.5; },
     -2.5,
     20},
};

std::vector<double> spread(double low, double high) {
  std::mt19937_64 random(1);
  std::vector<double> x;
  for (int i = 0; i < 20000; ++i) {
    x.push_back(low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53);
    x.push_back(x.back() * std::ldexp(1, -static_cast<int>(random() % 60)));  // and small ones
  }
  return x;
}

/// Worst |error| in units in the last place of max(|expected|, floor).
double worst_error(const Tensor& y, const Tensor& x, testing::Function1 f, double floor) {
  const Array in(x), out(y);
  const double unit = x.dtype() == DType::kF32 ? 0x1p-23 : 0x1p-52;
  double worst = 0;
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    const double expected = f(in.values[i]);
    const double size = std::fmax(std::fabs(expected), floor);
    worst = std::fmax(worst, std::fabs(out.values[i] - expected) / (size * unit));
  }
  return worst;
}

TEST(Activation, WithinFourUnitsInTheLastPlace) {
  for (const ActivationCase& c : kCases) {
    const Tensor x = from_vector(spread(c.low, c.high)).to(DType::kF32);
    EXPECT_LE(worst_error(c.call(x), x, c.value, 0x1p-126), 4) << c.name;
    // Some slopes cross zero, where only the absolute error can be small.
    const Tensor slopes = activation_grad(c.args, ones_like(x), x);
    EXPECT_LE(worst_error(slopes, x, c.slope, 0.25), 6) << c.name;
  }
}

// Where the exponential's argument is large, so is what its rounding would cost.
TEST(Activation, GeluTanhKeepsItsDigitsInTheTail) {
  const Tensor x = linspace(-10, -2, 10007);
  const Tensor slopes = activation_grad({Function::kGeluTanh}, ones_like(x), x);
  EXPECT_LE(worst_error(slopes, x, gelu_tanh_slope, 0x1p-126), 8);
  const Tensor fine = x.to(DType::kF64);
  const auto value = [](double v) { return v * sigmoid_of(2 * inner_of(v)); };
  EXPECT_LE(worst_error(gelu_tanh(fine), fine, value, 0x1p-1022), 200);  // what the reference loses
}

TEST(Activation, EveryDTypeInEveryLayout) {
  for (const ActivationCase& c : kCases) {
    for (const DType dtype : testing::kFloating) {
      const Tensor x = values({3, 4, 7, 5}, -5, 5, dtype),
                   grad = values(x.shape(), -2, 2, dtype, 2);
      const Array value = map_reference(Array(x), c.value);
      const Array slope = map_reference(Array(x), c.slope);
      const Array gradient =
          zip_reference(Array(grad), slope, [](double g, double s) { return g * s; });
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const Tensor y = c.call(view);
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_TRUE(layout == "sliced" || y.strides() == view.strides()) << c.name << layout;
        expect_close(y, value, 1, c.name + layout);
        expect_close(activation_grad(c.args, grad, view), gradient, 1, c.name + layout + " grad");
      }
      expect_close(c.call(x.narrow(0, 0, 1).expand({9, 4, 7, 5})).narrow(0, 8, 1),
                   map_reference(Array(x.narrow(0, 0, 1)), c.value), 1, c.name);
      EXPECT_EQ(c.call(zeros({0, 3}, {.dtype = dtype})).shape(), Shape({0, 3}));
      EXPECT_EQ(c.call(zeros({}, {.dtype = dtype})).shape(), Shape({}));
    }
  }
}

TEST(Activation, TheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = values({300001}, -4, 4), grad = values({300001}, -1, 1);
  for (const ActivationCase& c : kCases) {
    const testing::ThreadScope one(1);
    const Tensor y = c.call(x), g = activation_grad(c.args, grad, x);
    const testing::ThreadScope two(2);
    testing::expect_identical(c.call(x), y, c.name);
    testing::expect_identical(activation_grad(c.args, grad, x), g, c.name);
  }
}

TEST(Activation, SpecialValues) {
  for (const ActivationCase& c : kCases) {
    for (const DType dtype : {DType::kF32, DType::kF64}) {
      for (const double v :
           {0.0, -0.0, 1e-40, 100.0, -100.0, 1e30, -1e30, kInfinity, double{NAN}}) {
        const Tensor x = full({37}, v, {.dtype = dtype});
        const Array expected = map_reference(Array(x), c.value);
        expect_close(c.call(x), expected, 1, c.name + std::to_string(v));
        // The slope of a huge number is that of the limit, never 0 times infinity.
        const Tensor slope = activation_grad(c.args, ones_like(x), x);
        const double bounded = std::isnan(v) ? v : std::fmin(std::fmax(v, -700), 700);
        expect_close(slope, Array({37}, c.slope(bounded)), 1,
                     c.name + std::to_string(v) + " slope");
      }
    }
  }
}

TEST(Clamp, TakesIntegersAndOneBound) {
  const Tensor x = arange(-3, 4);
  EXPECT_EQ(clamp(x, -1, 2).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{-1, -1, -1, 0, 1, 2, 2}));
  EXPECT_EQ(clamp(x, -kInfinity, 0).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{-3, -2, -1, 0, 0, 0, 0}));
  EXPECT_EQ(clamp(x, 2).to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{2, 2, 2, 2, 2, 2, 3}));
  EXPECT_EQ(clamp(tensor({1, 5}), 3, 2).to_vector<float>(), (std::vector<float>{2, 2}));
}

TEST(Activation, Refuses) {
  for (const ActivationCase& c : kCases) {
    const std::string op = "[" + std::string(c.name) + "]";
    const DType refused = std::string(c.name) == "clamp" ? DType::kBool : DType::kI64;
    expect_error<DTypeError>([&] { c.call(zeros({2}, {.dtype = refused})); },
                             {op.c_str(), " x ", std::string(name(refused)).c_str()});
    expect_error<ValueError>([&] { c.call(Tensor()); }, {op.c_str(), "undefined"});
  }
  const Tensor x = zeros({2, 3});
  const ActivationArgs args{Function::kGelu};
  const char* op = "[activation_grad]";
  expect_error<ShapeError>([&] { activation_grad(args, zeros({3}), x); }, {op, "[3]", "[2,3]"});
  expect_error<DTypeError>([&] { activation_grad(args, x.to(DType::kF64), x); },
                           {op, "f32", "f64"});
  expect_error<DTypeError>([&] { activation_grad(args, arange(0, 2), arange(0, 2)); }, {op, "i64"});
  expect_error<ValueError>([&] { celu(x, 0); }, {"[celu]", "alpha"});
  expect_error<ValueError>([&] { softplus(x, -1); }, {"[softplus]", "beta", "-1"});
  expect_error<ValueError>([&] { clamp(x, NAN); }, {"[clamp]", "low", "nan"});
  expect_error<ValueError>([&] { clamp(x, 0, NAN); }, {"[clamp]", "high", "nan"});
  expect_error<ValueError>([&] { hardtanh(x, 2, 1); }, {"[hardtanh]", "low below high"});
}

TEST(PRelu, InfinitiesAndZeros) {
  const Tensor x = tensor({INFINITY, -INFINITY, 0, -0.0f, NAN});
  const Tensor y = prelu(x, full({1}, 0.5));
  EXPECT_EQ(y.item<float>({0}), INFINITY);
  EXPECT_EQ(y.item<float>({1}), -INFINITY);
  EXPECT_EQ(y.item<float>({2}), 0);
  EXPECT_TRUE(std::isnan(y.item<float>({4})));
}

}  // namespace
}  // namespace tenon
