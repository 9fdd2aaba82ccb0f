// Unary maths against the C library in double: accuracy over the whole range, special values, every
// dtype and layout.
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;

struct UnaryCase {
  const char* name;
  Tensor (*call)(const Tensor&);
  testing::Function1 reference;
  double low = -20, high = 20;  // where accuracy is measured
  bool integers = false;
};

double sign_of(double x) { return x > 0 ? 1 : x < 0 ? -1 : x; }
double sigmoid_of(double x) { return 1 / (1 + std::exp(-x)); }
double relu_of(double x) { return x < 0 ? 0 : x; }

const UnaryCase kUnary[] = {
    {"neg", neg, [](double x) { return -x; }, -20, 20, true},
    {"abs", abs, [](double x) { return std::fabs(x); }, -20, 20, true},
    {"sign", sign, sign_of, -20, 20, true},
    {"square", square, [](double x) { return x * x; }, -20, 20, true},
    {"sqrt", sqrt, [](double x) { return std::sqrt(x); }, 0, 1e6},
    {"rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }, 1e-6, 1e6},
    {"reciprocal", reciprocal, [](double x) { return 1 / x; }},
    {"exp", exp, [](double x) { return std::exp(x); }, -103, 88.7},
    {"expm1", expm1, [](double x) { return std::expm1(x); }, -20, 88},
    {"log", log, [](double x) { return std::log(x); }, 1e-6, 1e6},
    {"log1p", log1p, [](double x) { return std::log1p(x); }, -0.999, 1000},
    {"sin", sin, [](double x) { return std::sin(x); }, -1000, 1000},
    {"cos", cos, [](double x) { return std::cos(x); }, -1000, 1000},
    {"tan", tan, [](double x) { return std::tan(x); }, -100, 100},
    {"asin", asin, [](double x) { return std::asin(x); }, -1, 1},
    {"acos", acos, [](double x) { return std::acos(x); }, -1, 1},
    {"atan", atan, [](double x) { return std::atan(x); }, -100, 100},
    {"sinh", sinh, [](double x) { return std::sinh(x); }, -89.4, 89.4},
    {"cosh", cosh, [](double x) { return std::cosh(x); }, -89.4, 89.4},
    {"tanh", tanh, [](double x) { return std::tanh(x); }},
    {"erf", erf, [](double x) { return std::erf(x); }, -5, 5},
    {"sigmoid", sigmoid, sigmoid_of, -103, 80},
    {"relu", relu, relu_of},
    {"floor", floor, [](double x) { return std::floor(x); }},
    {"ceil", ceil, [](double x) { return std::ceil(x); }},
    {"round", round, [](double x) { return std::nearbyint(x); }},
    {"trunc", trunc, [](double x) { return std::trunc(x); }},
    {"frac", frac, [](double x) { return x - std::trunc(x); }},
};

std::vector<double> spread(double low, double high) {
  std::mt19937_64 random(1);
  std::vector<double> x;
  for (int i = 0; i < 20000; ++i) {
    x.push_back(low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53);
    x.push_back(x.back() * std::ldexp(1, -static_cast<int>(random() % 60)));  // and small ones
  }
  std::erase_if(x, [=](double v) { return v < low || v > high; });
  return x;
}

// In units in the last place of the result; absolute errors count against the smallest normal one.
double worst_error(const UnaryCase& c, DType dtype) {
  const double unit = dtype == DType::kF32 ? 0x1p-23 : 0x1p-52;
  const double smallest = dtype == DType::kF32 ? 0x1p-126 : 0x1p-1022;
  const Tensor x = from_vector(spread(c.low, c.high)).to(dtype);
  const Array in(x), out(c.call(x));
  double worst = 0;
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    const double expected = c.reference(in.values[i]);
    const double size = std::max(std::fabs(expected), smallest);
    worst = std::max(worst, std::fabs(out.values[i] - expected) / (size * unit));
  }
  return worst;
}

TEST(Unary, WithinFourUnitsInTheLastPlace) {
  for (const UnaryCase& c : kUnary) {
    EXPECT_LE(worst_error(c, DType::kF32), 4) << c.name;
    EXPECT_LE(worst_error(c, DType::kF64), 4) << c.name;
  }
}

TEST(Unary, EveryDTypeInEveryLayout) {
  for (const UnaryCase& c : kUnary) {
    for (const DType dtype : testing::kNumeric) {
      if (!is_floating(dtype) && !c.integers) continue;
      const Tensor x = values({3, 4, 7, 5}, 0.25, 3, dtype);
      const Array expected = map_reference(Array(x), c.reference);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const Tensor y = c.call(view);
        EXPECT_EQ(y.dtype(), dtype);
        EXPECT_TRUE(layout == "sliced" || y.strides() == view.strides()) << c.name << layout;
        if (dtype == DType::kU8 && c.call == static_cast<Tensor (*)(const Tensor&)>(neg)) {
          expect_close(y + x, Array(x.shape(), 0), 0, "neg u8 wraps");
        } else {
          expect_close(y, expected, 1, std::string(c.name) + " " + layout);
        }
      }
    }
  }
}

// 600,000 elements: several threads, blocks and a tail.
TEST(Unary, LargeTensorsOnAnyNumberOfThreads) {
  const Tensor x = values({600001}, 0.1, 3);
  for (const UnaryCase& c : kUnary) {
    const testing::ThreadScope one(1);
    const Tensor expected = c.call(x);
    const testing::ThreadScope two(2);
    testing::expect_identical(c.call(x), expected, c.name);
  }
}

TEST(Unary, SpecialValues) {
  // Sixteen of each, and alone: the vectorized path and the tail.
  const std::vector<double> special{0.0, -0.0, 1,    -1,   INFINITY, -INFINITY,
                                    NAN, 1e4,  -1e4, 1e30, -1e30};
  for (const UnaryCase& c : kUnary) {
    const bool oscillates = c.high == 1000 && c.low == -1000;
    for (const DType dtype : {DType::kF32, DType::kF64}) {
      for (const double v : special) {
        if (oscillates && std::fabs(v) == 1e30) continue;  // see the next test
        const Tensor x = full({37}, v, {.dtype = dtype});
        const Array expected = map_reference(Array(x), c.reference);
        expect_close(c.call(x), expected, 1, c.name + std::to_string(v));
        const double y = c.call(x).item<double>({36});
        if (y == 0) {
          EXPECT_EQ(std::signbit(y), std::signbit(c.reference(v))) << c.name << v;
        }
      }
    }
  }
}

TEST(Unary, SinesOfHugeNumbersAreStillSines) {
  const Tensor x = from_vector<double>({1e6, -1e8, 1e15, 1e30}).to(DType::kF32).expand({20, 4});
  expect_close(sin(x.contiguous()), map_reference(Array(x), [](double v) { return std::sin(v); }));
  expect_close(cos(x.contiguous()), map_reference(Array(x), [](double v) { return std::cos(v); }));
}

TEST(Unary, DenormalNumbers) {
  for (const UnaryCase& c : kUnary) {
    const Tensor x = from_vector<double>({1e-40, 1e-45, -1e-40}).to(DType::kF32).expand({16, 3});
    expect_close(c.call(x.contiguous()), map_reference(Array(x), c.reference), 1, c.name);
    const Tensor y = from_vector<double>({1e-310, 5e-324, 1}).expand({16, 3}).contiguous();
    expect_close(c.call(y), map_reference(Array(y), c.reference), 1, c.name);
  }
}

TEST(Unary, TheEndsOfTheRangeInF32) {
  const auto f32 = [](double v) { return full({16}, v); };
  EXPECT_EQ(exp(f32(88.73)).item<double>({3}), INFINITY);
  EXPECT_NEAR(exp(f32(88.72)).item<double>({3}) / std::exp(double{88.72f}), 1, 1e-6);
  EXPECT_EQ(exp(f32(-100)).item<float>({3}), std::exp(-100.0f));  // a denormal number
  EXPECT_EQ(exp(f32(-INFINITY)).item<double>({3}), 0);
  EXPECT_EQ(exp(f32(-1000)).item<double>({3}), 0);
  EXPECT_NEAR(log(f32(1e-40)).item<double>({3}), std::log(1e-40), 1e-4);
  EXPECT_NEAR(log(f32(1e-45)).item<double>({3}), std::log(0x1p-149), 1e-4);
  EXPECT_NEAR(log(f32(0x1p-126)).item<double>({3}), std::log(0x1p-126), 1e-4);
  EXPECT_EQ(sigmoid(f32(-200)).item<double>({3}), 0);
  EXPECT_NEAR(sigmoid(f32(-90)).item<double>({3}) / std::exp(-90), 1, 1e-5);
  EXPECT_EQ(sigmoid(f32(200)).item<double>({3}), 1);
}

TEST(Unary, TheEndsOfTheRangeInF64) {
  const Tensor x = from_vector<double>({709.7, -708, -740, -750, -INFINITY}).expand({8, 5});
  const Array y(exp(x.contiguous()));
  EXPECT_NEAR(y.at({7, 0}) / std::exp(709.7), 1, 1e-14);
  EXPECT_NEAR(y.at({7, 1}) / std::exp(-708), 1, 1e-14);
  EXPECT_NEAR(y.at({7, 2}) / std::exp(-740), 1, 0.01);  // denormal: few digits
  EXPECT_EQ(y.at({7, 3}), 0);
  EXPECT_EQ(y.at({7, 4}), 0);
}

TEST(Unary, HalvesRoundToEven) {
  const Tensor x = tensor({0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997f, 8388609});
  EXPECT_EQ(round(x).to_vector<float>(), (std::vector<float>{0, 2, 2, -0.0f, -2, 0, 8388609}));
}

TEST(Tests, OfEveryElement) {
  const Tensor x = tensor({0, -0.0f, 1, INFINITY, -INFINITY, NAN, 1e-45f, 3e38f});
  const auto bits = [](const Tensor& y) {
    EXPECT_EQ(y.dtype(), DType::kBool);
    std::string text;
    for (const std::uint8_t v : y.to(DType::kU8).to_vector<std::uint8_t>()) text += v ? '1' : '0';
    return text;
  };
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const Tensor y = x.to(dtype);
    EXPECT_EQ(bits(isnan(y)), "00000100");
    EXPECT_EQ(bits(isinf(y)), "00011000");
    EXPECT_EQ(bits(isfinite(y)), "11100011");
    EXPECT_EQ(bits(logical_not(y)), "11000000");
  }
  EXPECT_EQ(bits(isinf(tensor({1e6, -1e6, 1}).to(DType::kF16))), "110");  // beyond 65504
  for (const DType dtype : {DType::kI64, DType::kU8, DType::kBool}) {
    const Tensor y = tensor({0, 1, 3}).to(dtype);
    EXPECT_EQ(bits(isnan(y)), "000");
    EXPECT_EQ(bits(isinf(y)), "000");
    EXPECT_EQ(bits(isfinite(y)), "111");
    EXPECT_EQ(bits(logical_not(y)), "100");
  }
  EXPECT_EQ(bits(isnan(x.reshape({2, 4}).t())), "00010000");
  EXPECT_EQ(isfinite(zeros({0, 3})).shape(), Shape({0, 3}));
  expect_error<ValueError>([] { isnan(Tensor()); }, {"[isnan]", "undefined"});
  expect_error<ValueError>([] { isinf(Tensor()); }, {"[isinf]", "undefined"});
  expect_error<ValueError>([] { isfinite(Tensor()); }, {"[isfinite]", "undefined"});
  expect_error<ValueError>([] { logical_not(Tensor()); }, {"[logical_not]", "undefined"});
}

TEST(AllFinite, FindsOneBadElementAnywhere) {
  for (const DType dtype : testing::kFloating) {
    for (const double bad : {double{NAN}, double{INFINITY}, -double{INFINITY}}) {
      for (const std::int64_t at : {0, 1, 15, 16, 511, 512, 40000, 99999}) {
        const Tensor x = full({100000}, 3, {.dtype = dtype});
        ASSERT_TRUE(all_finite(x));
        x.select(0, at).fill_(bad);
        ASSERT_FALSE(all_finite(x)) << name(dtype) << bad << at;
      }
    }
  }
  EXPECT_TRUE(all_finite(zeros({0})));
  EXPECT_TRUE(all_finite(arange(0, 9)));
  EXPECT_TRUE(all_finite(full({9}, 3e38)));  // large, but their sum is not asked for
  const Tensor holes = full({10, 10}, NAN);
  holes.slice(1, 0, 10, 2).fill_(1);
  EXPECT_TRUE(all_finite(holes.slice(1, 0, 10, 2)));
  EXPECT_TRUE(all_finite(ones({1}).expand({50, 50})));
}

TEST(Unary, RefuseOtherDTypes) {
  for (const UnaryCase& c : kUnary) {
    const std::string op = "[" + std::string(c.name) + "]";
    const DType refused = c.integers ? DType::kBool : DType::kI64;
    expect_error<DTypeError>([&] { c.call(zeros({2}, {.dtype = refused})); },
                             {op.c_str(), " x ", std::string(name(refused)).c_str()});
    expect_error<ValueError>([&] { c.call(Tensor()); }, {op.c_str(), "undefined"});
  }
  expect_error<ValueError>([] { all_finite(Tensor()); }, {"[all_finite]", "undefined"});
}

}  // namespace
}  // namespace tenon
