#include "init/init.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "init/scheme.h"
#include "init/structured.h"
#include "tensor/ops.h"
#include "tensor/testing/readme.h"

namespace tenon::init {
namespace {

constexpr double kSqrt2 = 1.4142135623730951;

/// Largest distance between the empirical distribution of the values and `cdf`, times sqrt(n).
/// Under the hypothesis that they agree it exceeds 1.95 with probability 0.001
/// (Kolmogorov-Smirnov; Q(1.95) = 2 exp(-2 * 1.95^2)).
double ks_statistic(std::vector<float> values, const std::function<double(double)>& cdf) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double worst = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double expected = cdf(values[i]);
    worst = std::max(worst, std::abs(expected - static_cast<double>(i) / n));
    worst = std::max(worst, std::abs(expected - static_cast<double>(i + 1) / n));
  }
  return worst * std::sqrt(n);
}
constexpr double kKsLimit = 1.95;

std::function<double(double)> uniform_cdf(double low, double high) {
  return [=](double x) { return std::clamp((x - low) / (high - low), 0.0, 1.0); };
}

std::function<double(double)> normal_cdf(double mean, double deviation) {
  return [=](double x) { return 0.5 * std::erfc((mean - x) / (deviation * kSqrt2)); };
}

struct Moments {
  double mean;
  double deviation;
};

Moments moments(const std::vector<float>& values) {
  double sum = 0;
  for (float v : values) sum += v;
  const double mean = sum / static_cast<double>(values.size());
  double squares = 0;
  for (float v : values) squares += (v - mean) * (v - mean);
  return {mean, std::sqrt(squares / static_cast<double>(values.size()))};
}

using Fill = std::function<void(const Tensor&, Generator&)>;

struct Case {
  std::string name;
  Shape shape;
  Fill fill;
  bool is_normal;
  double deviation;  ///< published formula, worked out by hand for the shape
  double mean = 0;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class InitDistributionTest : public ::testing::TestWithParam<Case> {};

// 50,000 draws: the mean is within 4 deviations / sqrt(n), the deviation within 4 of its own
// standard errors (at most deviation / sqrt(2 n)), and the Kolmogorov-Smirnov statistic below its
// 0.1 % limit.
TEST_P(InitDistributionTest, HasTheMomentsAndTheShape) {
  const Case& c = GetParam();
  const Tensor weight = empty(c.shape);
  Generator generator(20240229);
  c.fill(weight, generator);
  const std::vector<float> values = weight.to_vector<float>();
  const Moments got = moments(values);
  const auto n = static_cast<double>(values.size());
  ASSERT_GE(n, 20000);
  EXPECT_NEAR(got.mean, c.mean, 4 * c.deviation / std::sqrt(n));
  EXPECT_NEAR(got.deviation, c.deviation, 4 * c.deviation / std::sqrt(2 * n));
  const double half = c.deviation * std::sqrt(3.0);
  const auto cdf =
      c.is_normal ? normal_cdf(c.mean, c.deviation) : uniform_cdf(c.mean - half, c.mean + half);
  EXPECT_LT(ks_statistic(values, cdf), kKsLimit);
  if (!c.is_normal) {
    for (float v : values) ASSERT_LE(std::abs(v - c.mean), half * (1 + 1e-6));
  }
}

// [200,250]: in 250, out 200. [50,20,5,10]: in 20*50 = 1000, out 50*50 = 2500.
INSTANTIATE_TEST_SUITE_P(
    All, InitDistributionTest,
    ::testing::Values(
        Case{"uniform",
             {50000},
             [](auto& t, auto& g) { uniform_(t, g, {.low = -1, .high = 3}); },
             false,
             4 / std::sqrt(12.0),
             1},
        Case{"normal",
             {50000},
             [](auto& t, auto& g) { normal_(t, g, {.mean = -2, .deviation = 0.5}); },
             true,
             0.5,
             -2},
        Case{"xavier_uniform",
             {200, 250},
             [](auto& t, auto& g) { xavier_uniform_(t, g); },
             false,
             std::sqrt(2.0 / 450)},
        Case{"xavier_uniform_tanh",
             {200, 250},
             [](auto& t, auto& g) { xavier_uniform_(t, g, {.gain = gain(Nonlinearity::kTanh)}); },
             false,
             5.0 / 3 * std::sqrt(2.0 / 450)},
        Case{"xavier_normal_conv",
             {50, 20, 5, 10},
             [](auto& t, auto& g) { xavier_normal_(t, g); },
             true,
             std::sqrt(2.0 / 3500)},
        Case{"kaiming_normal",
             {200, 250},
             [](auto& t, auto& g) { kaiming_normal_(t, g); },
             true,
             std::sqrt(2.0 / 250)},
        Case{"kaiming_normal_out",
             {200, 250},
             [](auto& t, auto& g) { kaiming_normal_(t, g, {.mode = FanMode::kOut}); },
             true,
             std::sqrt(2.0 / 200)},
        Case{"kaiming_uniform_conv",
             {50, 20, 5, 10},
             [](auto& t, auto& g) { kaiming_uniform_(t, g); },
             false,
             std::sqrt(2.0 / 1000)},
        Case{"kaiming_uniform_leaky",
             {200, 250},
             [](auto& t, auto& g) {
               kaiming_uniform_(
                   t, g, {.nonlinearity = Nonlinearity::kLeakyRelu, .slope = std::sqrt(5.0)});
             },
             false,
             std::sqrt(1.0 / 3 / 250)},
        Case{"lecun_uniform",
             {200, 250},
             [](auto& t, auto& g) { lecun_uniform_(t, g); },
             false,
             std::sqrt(1.0 / 250)},
        Case{"lecun_normal",
             {200, 250},
             [](auto& t, auto& g) { lecun_normal_(t, g); },
             true,
             std::sqrt(1.0 / 250)}),
    [](const auto& info) { return info.param.name; });

struct Truncation {
  double mean, deviation, low, high;
};

// One-sided, narrow, wide and lopsided bounds.
TEST(TruncNormalTest, IsTheNormalDistributionBetweenItsBounds) {
  for (const Truncation& t :
       {Truncation{0, 1, -2, 2}, Truncation{0, 0.02, -2, 2}, Truncation{1, 2, 0.5, 0.75},
        Truncation{-1, 0.5, -1, HUGE_VAL}, Truncation{0, 1, 1.5, 4}}) {
    const Tensor x = empty({200, 250});
    Generator generator(20240301);
    trunc_normal_(x, generator,
                  {.mean = t.mean, .deviation = t.deviation, .low = t.low, .high = t.high});
    const std::vector<float> values = x.to_vector<float>();
    for (float v : values) {
      ASSERT_GE(v, static_cast<float>(t.low));
      ASSERT_LE(v, static_cast<float>(t.high));
    }
    const auto whole = normal_cdf(t.mean, t.deviation);
    const double below = whole(t.low), above = whole(t.high);
    const auto cdf = [&](double v) { return (whole(v) - below) / (above - below); };
    EXPECT_LT(ks_statistic(values, cdf), kKsLimit) << t.low;
  }
}

// mean 0, variance 1 - 2 a pdf(a) / (2 cdf(a) - 1) = 0.77374 at a = 2 (Johnson, Kotz & Balakrishnan
// 1994, §13.10.1).
TEST(TruncNormalTest, HasThePublishedMoments) {
  const Tensor x = empty({200, 250}, {.dtype = DType::kBF16});
  Generator generator(5);
  trunc_normal_(x, generator);
  const Moments got = moments(x.to(DType::kF32).to_vector<float>());
  EXPECT_NEAR(got.mean, 0, 4 * 0.88 / std::sqrt(50000.0));
  EXPECT_NEAR(got.deviation, std::sqrt(0.77374), 4 * 0.88 / std::sqrt(100000.0));
}

TEST(InitTest, FansOfLinearAndConvolutionWeights) {
  EXPECT_EQ(fans({200, 250}).in, 250);
  EXPECT_EQ(fans({200, 250}).out, 200);
  EXPECT_EQ(fans({64, 3, 7, 5}).in, 105);
  EXPECT_EQ(fans({64, 3, 7, 5}).out, 2240);
  EXPECT_EQ(fans({8, 4, 3}).in, 12);
  EXPECT_THROW(fans({7}), ShapeError);
}

// The table of torch.nn.init.calculate_gain.
TEST(InitTest, GainsArePyTorchs) {
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kLinear), 1);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kSigmoid), 1);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kTanh), 1.6666666666666667);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kRelu), 1.4142135623730951);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kSelu), 0.75);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kLeakyRelu), 1.4141428569978354);
  EXPECT_DOUBLE_EQ(gain(Nonlinearity::kLeakyRelu, 0.2), 1.3867504905630728);
}

TEST(InitTest, Constants) {
  const Tensor t = full({2, 2}, 7);
  zeros_(t);
  EXPECT_EQ(t.to_vector<float>(), (std::vector<float>{0, 0, 0, 0}));
  ones_(t.select(0, 1));  // a view: the first row stays
  EXPECT_EQ(t.to_vector<float>(), (std::vector<float>{0, 0, 1, 1}));
  constant_(t, 0.25);
  EXPECT_EQ(t.to_vector<float>(), (std::vector<float>{0.25, 0.25, 0.25, 0.25}));
}

TEST(InitTest, AViewIsFilledAndNothingAroundIt) {
  const Tensor t = zeros({4, 6});
  Generator generator(1);
  normal_(t.slice(1, 1, 3), generator);
  for (int row = 0; row < 4; ++row) {
    for (int column = 0; column < 6; ++column) {
      EXPECT_EQ(t.item<float>({row, column}) != 0, column == 1 || column == 2);
    }
  }
}

TEST(InitTest, SameSeedSameNumbersAndTheStreamGoesOn) {
  const Tensor a = empty({30, 40});
  const Tensor b = empty({30, 40});
  Generator first(5);
  Generator second(5);
  kaiming_normal_(a, first);
  kaiming_normal_(b, second);
  EXPECT_EQ(a.to_vector<float>(), b.to_vector<float>());
  kaiming_normal_(b, second);
  EXPECT_NE(a.to_vector<float>(), b.to_vector<float>());
}

TEST(InitTest, OtherFloatingTypes) {
  Generator generator(3);
  for (DType dtype : {DType::kF64, DType::kBF16, DType::kF16}) {
    const Tensor t = zeros({100, 100}, {.dtype = dtype});
    xavier_uniform_(t, generator);
    const Moments got = moments(t.to(DType::kF32).to_vector<float>());
    EXPECT_NEAR(got.deviation, 0.1, 0.003) << tenon::name(dtype);
  }
}

TEST(InitTest, EmptyWeightsAreLeftAlone) {
  Generator generator(3);
  const Tensor t = empty({5, 0});
  kaiming_normal_(t, generator);
  xavier_uniform_(t, generator);
  EXPECT_EQ(t.numel(), 0);
}

template <class Exception, class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

TEST(InitTest, BadInputNamesTheFunctionAndTheCulprit) {
  Generator generator(3);
  EXPECT_EQ(message_of<ShapeError>([&] { xavier_normal_(empty({7}), generator); }),
            "[xavier_normal_] expected a weight [out,in,...], got [7]");
  EXPECT_EQ(message_of<DTypeError>([&] {
              kaiming_uniform_(zeros({2, 3}, {.dtype = DType::kI64}), generator);
            }),
            "[kaiming_uniform_] expected a floating tensor, got i64 [2,3]");
  EXPECT_EQ(message_of<ValueError>([&] { normal_(Tensor(), generator); }),
            "[normal_] expected a tensor, got an undefined one");
  EXPECT_THROW(normal_(empty({3}), generator, {.deviation = -1}), ValueError);
  EXPECT_THROW(normal_(empty({3}), generator, {.deviation = std::nan("")}), ValueError);
  EXPECT_THROW(uniform_(empty({3}), generator, {.low = 1, .high = 0}), ValueError);
  EXPECT_THROW(trunc_normal_(empty({3}), generator, {.deviation = 0}), ValueError);
  EXPECT_THROW(trunc_normal_(empty({3}), generator, {.low = 1, .high = 1}), ValueError);
  EXPECT_THROW(trunc_normal_(zeros({3}, {.dtype = DType::kI32}), generator), DTypeError);
  EXPECT_THROW(uniform_(empty({3}), generator, {.high = HUGE_VAL}), ValueError);
}

TEST(SchemeTest, NamesAreReadBack) {
  for (int i = 0; i <= static_cast<int>(Scheme::kOrthogonal); ++i) {
    const auto scheme = static_cast<Scheme>(i);
    EXPECT_EQ(parse_scheme(name(scheme)), scheme) << name(scheme);
  }
  EXPECT_EQ(parse_scheme("he"), Scheme::kKaimingNormal);
  EXPECT_EQ(parse_scheme("xavier"), Scheme::kXavierUniform);
}

TEST(SchemeTest, UnknownNamesListTheKnownOnes) {
  const std::string message = message_of<ValueError>([] { parse_scheme("hee"); });
  EXPECT_NE(message.find("got \"hee\""), std::string::npos) << message;
  EXPECT_NE(message.find("kaiming_normal"), std::string::npos) << message;
  EXPECT_THROW(parse_scheme(""), ValueError);
}

TEST(SchemeTest, FillsLikeTheFunction) {
  const Tensor expected = empty({20, 30});
  const Tensor got = empty({20, 30});
  const auto check = [&](Scheme scheme, const Fill& fill) {
    Generator a(9);
    Generator b(9);
    fill(expected, a);
    fill_(got, scheme, b);
    EXPECT_EQ(got.to_vector<float>(), expected.to_vector<float>()) << name(scheme);
  };
  check(Scheme::kZeros, [](auto& t, auto&) { zeros_(t); });
  check(Scheme::kUniform,
        [](auto& t, auto& g) { uniform_(t, g, {.low = -std::sqrt(3.0), .high = std::sqrt(3.0)}); });
  check(Scheme::kNormal, [](auto& t, auto& g) { normal_(t, g); });
  check(Scheme::kNormal001, [](auto& t, auto& g) { normal_(t, g, {.deviation = 0.01}); });
  check(Scheme::kXavierUniform, [](auto& t, auto& g) { xavier_uniform_(t, g); });
  check(Scheme::kXavierNormal, [](auto& t, auto& g) { xavier_normal_(t, g); });
  check(Scheme::kKaimingUniform, [](auto& t, auto& g) { kaiming_uniform_(t, g); });
  check(Scheme::kKaimingNormal, [](auto& t, auto& g) { kaiming_normal_(t, g); });
  check(Scheme::kLecunUniform, [](auto& t, auto& g) { lecun_uniform_(t, g); });
  check(Scheme::kLecunNormal, [](auto& t, auto& g) { lecun_normal_(t, g); });
  check(Scheme::kOrthogonal, [](auto& t, auto& g) { orthogonal_(t, g); });
}

// The example of the README.
TEST(InitTest, ReadmeExample) {
  Generator generator(/*seed=*/1);
  Tensor weight = empty({512, 784});
  init::kaiming_normal_(weight, generator);
  init::xavier_uniform_(weight, generator, {.gain = init::gain(init::Nonlinearity::kTanh)});
  init::orthogonal_(weight, generator);
  EXPECT_NE(weight.item<float>({0, 0}), 0);
}

TEST(InitTest, ReadmeShowsThisExample) {
  tenon::testing::expect_examples_shown("init/README.md", "init/init_test.cc");
}

}  // namespace
}  // namespace tenon::init
