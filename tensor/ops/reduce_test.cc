// Reductions over every subset of dimensions in every layout, their accuracy, and that their bits
// do not depend on threads.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;

using Call = Tensor (*)(const Tensor&, DimList, bool);

/// Folds the elements of one result, then finishes with how many they were.
struct ReduceCase {
  const char* name;
  Call call;
  double initial;
  testing::Function2 fold;
  testing::Function2 finish = [](double value, double) { return value; };
  bool floating_only = false;
};

double add_up(double a, double b) { return a + b; }
double larger(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::max(a, b); }
double smaller(double a, double b) { return std::isnan(a) || std::isnan(b) ? NAN : std::min(a, b); }

const ReduceCase kReduce[] = {
    {"sum", sum, 0, add_up},
    {"mean", mean, 0, add_up, [](double sum, double count) { return sum / count; }, true},
    {"norm", [](const Tensor& x, DimList dims, bool keep) { return norm(x, dims, 2, keep); }, 0,
     [](double a, double b) { return a + b * b; },
     [](double squares, double) { return std::sqrt(squares); }, true},
    {"norm1", [](const Tensor& x, DimList dims, bool keep) { return norm(x, dims, 1, keep); }, 0,
     [](double a, double b) { return a + std::fabs(b); },
     [](double value, double) { return value; }, true},
    {"logsumexp", logsumexp, 0, [](double a, double b) { return a + std::exp(b); },
     [](double sum, double) { return std::log(sum); }, true},
    {"max", max, -INFINITY, larger},
    {"min", min, INFINITY, smaller},
};

Array reference(const ReduceCase& c, const Array& x, const std::vector<int>& dims) {
  Array out = fold_reference(x, dims, c.initial, c.fold);
  const double count = static_cast<double>(numel(x.shape)) / static_cast<double>(numel(out.shape));
  for (double& v : out.values) v = c.finish(v, count);
  return out;
}

std::vector<std::vector<int>> subsets(int ndim) {
  std::vector<std::vector<int>> all;
  for (int mask = 1; mask < 1 << ndim; ++mask) {
    all.emplace_back();
    for (int d = 0; d < ndim; ++d) {
      if (mask >> d & 1) all.back().push_back(all.size() % 2 ? d : d - ndim);  // both ways to count
    }
  }
  return all;
}

Array without(const Array& x, const std::vector<int>& dims) {
  Shape shape;
  std::uint64_t mask = 0;
  for (const int d : dims) mask |= 1u << (d < 0 ? d + x.shape.size() : d);
  for (int d = 0; d < x.shape.size(); ++d) {
    if (!(mask >> d & 1)) shape.push_back(x.shape[d]);
  }
  Array out(shape);
  out.values = x.values;
  return out;
}

void expect_all_subsets(const ReduceCase& c, const Tensor& x, const std::string& what) {
  const Array plain(x);
  for (const std::vector<int>& dims : subsets(x.ndim())) {
    const Array expected = reference(c, plain, dims);
    const std::string where = c.name + std::string(" ") + what + " over " +
                              to_string(Dims(std::vector<std::int64_t>(dims.begin(), dims.end())));
    expect_close(c.call(x, dims, true), expected, 1, where);
    expect_close(c.call(x, dims, false), without(expected, dims), 1, where);
  }
}

TEST(Reduce, EverySubsetOfDimensionsInEveryLayout) {
  for (const ReduceCase& c : kReduce) {
    for (const Shape& shape : {Shape{3, 4, 5, 7}, Shape{2, 300, 3, 1}, Shape{33, 2, 1, 40}}) {
      for (const auto& [layout, view] : testing::layouts_of(values(shape))) {
        expect_all_subsets(c, view, layout);
      }
    }
    expect_all_subsets(c, values({4, 1, 3}).expand({4, 6, 3}), "expanded inside");
    expect_all_subsets(c, values({1, 5}).expand({300, 5}), "expanded outside");
    expect_all_subsets(c, values({5, 1}).expand({5, 300}), "expanded innermost");
    expect_all_subsets(c, values({1, 1}).expand({20, 30}), "one value");
    expect_all_subsets(c, values({6, 5, 4}).permute({1, 2, 0}), "permuted");
  }
}

// Rows are taken sixteen at a time, by registers of sixteen numbers.
TEST(Reduce, RowsOfEveryShortLength) {
  for (std::int64_t length = 1; length <= 70; ++length) {
    const Tensor whole = values({37, length + 3}, -2, 2), x = whole.narrow(1, 2, length);
    for (const ReduceCase& c : kReduce) {
      const Array expected = without(reference(c, Array(x), {1}), {1});
      const std::string what = c.name + std::to_string(length);
      expect_close(c.call(x, {1}, false), expected, 1, what);
      expect_close(c.call(x.contiguous(), {1}, false), expected, 1, what);
    }
  }
}

TEST(Reduce, EveryDType) {
  for (const ReduceCase& c : kReduce) {
    for (const DType dtype : testing::kAllDTypes) {
      if (c.floating_only && !is_floating(dtype)) continue;
      const Tensor x = values({40, 3, 70}, 0, 3, dtype);
      for (const std::vector<int>& dims : subsets(3)) {
        const Tensor y = c.call(x, dims, true);
        const bool widens = c.call == Call(sum) && !is_floating(dtype);
        EXPECT_EQ(y.dtype(), widens ? DType::kI64 : dtype) << c.name << name(dtype);
        expect_close(y, reference(c, Array(x), dims), 1, c.name);
      }
    }
  }
}

TEST(Reduce, WithoutDimensionsReducesAll) {
  const Tensor x = values({4, 5});
  for (const ReduceCase& c : kReduce) {
    expect_close(c.call(x, {}, false), without(reference(c, Array(x), {0, 1}), {0, 1}));
    EXPECT_EQ(c.call(x, {}, true).shape(), Shape({1, 1}));
    EXPECT_EQ(c.call(scalar(3), {}, false).item<float>(), 3) << c.name;
    EXPECT_EQ(c.call(scalar(3), std::vector<int>{-1}, true).shape(), Shape({})) << c.name;
  }
}

TEST(Reduce, OfNoElements) {
  const Tensor x = zeros({3, 0, 2});
  EXPECT_EQ(sum(x).item<float>(), 0);
  EXPECT_EQ(sum(x, {1}).to_vector<float>(), std::vector<float>(6, 0));
  EXPECT_EQ(sum(x, {0}).shape(), Shape({0, 2}));
  EXPECT_TRUE(std::isnan(mean(x).item<float>()));
  EXPECT_EQ(max(x, {0}).shape(), Shape({0, 2}));  // no results, so none is missing
  expect_error<ShapeError>([&] { max(x); }, {"[max]", "f32 [3,0,2]"});
  expect_error<ShapeError>([&] { min(x, {1}); }, {"[min]", "[3,0,2]"});
}

// One NaN among many, wherever it stands; infinities of both signs.
TEST(Reduce, NanAndInfinityReachTheResult) {
  for (const std::int64_t at : {0, 1, 31, 32, 4095, 4096, 9999}) {
    const Tensor x = zeros({10000});
    x.select(0, at).fill_(NAN);
    for (const ReduceCase& c : kReduce) {
      EXPECT_TRUE(std::isnan(c.call(x, {}, false).item<float>())) << c.name << at;
      const Array columns(c.call(x.reshape({100, 100}), std::vector<int>{0}, false));
      for (std::int64_t i = 0; i < 100; ++i) {
        EXPECT_EQ(std::isnan(columns.at({i})), i == at % 100) << c.name << at;
      }
    }
  }
  const Tensor x = tensor({INFINITY, 1, -INFINITY});
  EXPECT_TRUE(std::isnan(sum(x).item<float>()));
  EXPECT_EQ(logsumexp(x).item<float>(), INFINITY);
  EXPECT_EQ(norm(x).item<float>(), INFINITY);
  EXPECT_EQ(max(x).item<float>(), INFINITY);
  EXPECT_EQ(min(x).item<float>(), -INFINITY);
  EXPECT_EQ(max(full({9}, -INFINITY)).item<float>(), -INFINITY);
}

TEST(Reduce, ExtremesOfIntegers) {
  const Tensor x = from_vector<std::int64_t>({INT64_MIN, INT64_MAX, 0});
  EXPECT_EQ(max(x).item<std::int64_t>(), INT64_MAX);
  EXPECT_EQ(min(x).item<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(max(x.slice(0, 0, 1)).item<std::int64_t>(), INT64_MIN);
  EXPECT_EQ(sum(full({1000}, 255, {.dtype = DType::kU8})).item<std::int64_t>(), 255000);
  EXPECT_TRUE(max(tensor({0, 1}).to(DType::kBool)).item<bool>());
}

/// Variance of the numbers that share a result, in two passes.
Array variance_reference(const Array& x, const std::vector<int>& dims, double correction) {
  const ReduceCase& mean_case = kReduce[1];
  const Array means = reference(mean_case, x, dims);
  Array squares(means.shape);
  testing::for_each_index(x.shape, [&](const Dims& i) {
    const double deviation = x.at(i) - means.at(i);
    squares.at(i) += deviation * deviation;
  });
  const double count =
      static_cast<double>(numel(x.shape)) / static_cast<double>(numel(means.shape));
  for (double& v : squares.values) v /= std::max(0.0, count - correction);
  return squares;
}

TEST(Variance, OfRowsOfEveryShortLength) {
  for (std::int64_t length = 2; length <= 70; ++length) {
    const Tensor x = values({37, length}, 5, 9);
    expect_close(var(x, {1}), without(variance_reference(Array(x), {1}, 1), {1}), 1,
                 std::to_string(length));
  }
}

TEST(Variance, EverySubsetOfDimensionsInEveryLayoutAndDType) {
  for (const DType dtype : testing::kFloating) {
    for (const Shape& shape : {Shape{3, 2, 5, 7}, Shape{2, 70, 3, 2}}) {
      const Tensor x = values(shape, -2, 2, dtype);
      const Array plain(x);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        for (const std::vector<int>& dims : subsets(4)) {
          for (const double correction : {0.0, 1.0}) {
            Array expected = variance_reference(plain, dims, correction);
            expect_close(var(view, dims, correction, true), expected, 1, layout);
            for (double& v : expected.values) v = std::sqrt(v);
            expect_close(stddev(view, dims, correction, true), expected, 1, layout);
          }
        }
      }
    }
  }
}

// The squares' sum minus the square of the sum would have no digit left.
TEST(Variance, OfNumbersFarFromZero) {
  const Tensor noise = values({1 << 20}, -1, 1, DType::kF64);
  const Tensor x = (noise + 4096.0).to(DType::kF32);
  const Array plain(x);
  const double expected = variance_reference(plain, {0}, 1).values[0];
  EXPECT_NEAR(var(x).item<double>() / expected, 1, 1e-6);
  const Tensor columns = x.reshape({1 << 18, 4});
  expect_close(var(columns, {0}), without(variance_reference(Array(columns), {0}, 1), {0}));
}

// Deviations are taken from the mean of the first quarter: here the worst that it can be.
TEST(Variance, OfWhichTheFirstQuarterIsFarAway) {
  const Tensor x = values({4096, 6}, -1, 1);
  x.narrow(0, 0, 1024).copy_(x.narrow(0, 0, 1024) + 1000.0);
  const double tolerance = 2e-6;
  const Array columns = variance_reference(Array(x), {0}, 1);
  const Tensor rows = x.t().contiguous(), by_columns = var(x, {0}), by_rows = var(rows, {1});
  for (std::int64_t c = 0; c < 6; ++c) {
    const double expected = columns.at({0, c});
    EXPECT_NEAR(by_columns.item<double>({c}) / expected, 1, tolerance);
    EXPECT_NEAR(by_rows.item<double>({c}) / expected, 1, tolerance);
  }
}

TEST(Variance, OfTooFew) {
  EXPECT_TRUE(std::isnan(var(scalar(3)).item<float>()));
  EXPECT_EQ(var(scalar(3), {}, 0).item<float>(), 0);
  EXPECT_TRUE(std::isnan(stddev(zeros({0})).item<float>()));
  EXPECT_EQ(var(tensor({1, 2}), {}, 3).item<float>(), INFINITY);
  EXPECT_TRUE(std::isnan(var(tensor({1, INFINITY})).item<float>()));
  EXPECT_TRUE(std::isnan(var(tensor({1, NAN, 2})).item<float>()));
  EXPECT_EQ(var(zeros({0, 3}), {1}).shape(), Shape({0}));
}

TEST(Norm, OfEveryPower) {
  const Tensor x = tensor({{3, -4, 0}, {0, 0, 0}, {1, 1, -2}});
  const auto norms = [&](double p) { return norm(x, {1}, p).to_vector<float>(); };
  EXPECT_EQ(norms(0), (std::vector<float>{2, 0, 3}));
  EXPECT_EQ(norms(1), (std::vector<float>{7, 0, 4}));
  EXPECT_EQ(norms(INFINITY), (std::vector<float>{4, 0, 2}));
  EXPECT_EQ(norms(-INFINITY), (std::vector<float>{0, 0, 1}));
  EXPECT_NEAR(norms(3)[0], std::cbrt(91), 1e-6);
  EXPECT_NEAR(norms(-1)[2], 0.4, 1e-6);  // 1 / (1 + 1 + 1/2)
  EXPECT_EQ(norm(zeros({0})).item<float>(), 0);
  EXPECT_EQ(norm(zeros({0}), {}, INFINITY).item<float>(), 0);
  EXPECT_TRUE(std::isnan(norm(tensor({1, NAN}), {}, INFINITY).item<float>()));
  expect_error<ShapeError>([] { norm(zeros({0}), {}, -INFINITY); }, {"[norm]", "f32 [0]"});
  expect_error<ValueError>([&] { norm(x, {}, NAN); }, {"[norm]", "nan"});
}

TEST(LogSumExp, NeitherOverflowsNorVanishes) {
  EXPECT_FLOAT_EQ(logsumexp(full({10000}, 500)).item<float>(), 500 + std::log(1e4));
  EXPECT_FLOAT_EQ(logsumexp(full({10000}, -500)).item<float>(), -500 + std::log(1e4));
  // Blocks of nothing but -infinity, before and after others.
  const Tensor x = full({20000}, -INFINITY);
  EXPECT_EQ(logsumexp(x).item<float>(), -INFINITY);
  EXPECT_EQ(logsumexp(x.reshape({100, 200}), {0}).item<float>({7}), -INFINITY);
  x.narrow(0, 9000, 1000).fill_(2);
  EXPECT_FLOAT_EQ(logsumexp(x).item<float>(), 2 + std::log(1e3));
  EXPECT_FLOAT_EQ(logsumexp(x.reshape({10000, 2}), {0}).item<float>({1}), 2 + std::log(500));
  EXPECT_EQ(logsumexp(zeros({0})).item<float>(), -INFINITY);
  // Sums of many small terms beside a large one.
  const Tensor spread = full({4096, 2}, -9);
  spread.narrow(0, 77, 1).fill_(0);
  const double expected = std::log(1 + 4095 * std::exp(-9.0));
  EXPECT_NEAR(logsumexp(spread, {0}).item<double>({1}), expected, 1e-6);
  EXPECT_NEAR(logsumexp(spread.t().contiguous(), {1}).item<double>({1}), expected, 1e-6);
  // NaN wins over infinity, wherever they are.
  for (const std::int64_t at : {0, 5, 20}) {
    const Tensor ends = ones({21, 21});
    ends.narrow(0, 7, 1).narrow(1, 7, 1).fill_(INFINITY);
    ends.narrow(0, 7, 1).narrow(1, at, 1).fill_(NAN);
    ends.narrow(1, 7, 1).narrow(0, at, 1).fill_(NAN);
    EXPECT_TRUE(std::isnan(logsumexp(ends, {0}).item<float>({7}))) << at;
    EXPECT_TRUE(std::isnan(logsumexp(ends, {1}).item<float>({7}))) << at;
  }
}

TEST(AnyAll, EveryDTypeAndLayout) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x =
        (values({4, 5, 3}, 0, 2) * gt(values({4, 5, 3}, 0, 1, DType::kF32, 2), 0.3)).to(dtype);
    const Array plain(x);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      for (const std::vector<int>& dims : subsets(3)) {
        const Tensor some = any(view, dims, true), every = all(view, dims, true);
        EXPECT_EQ(some.dtype(), DType::kBool);
        expect_close(
            some,
            fold_reference(plain, dims, 0, [](double a, double b) -> double { return a || b; }), 0,
            layout);
        expect_close(
            every,
            fold_reference(plain, dims, 1, [](double a, double b) -> double { return a && b; }), 0,
            layout);
      }
    }
  }
  EXPECT_TRUE(any(tensor({0, NAN})).item<bool>());
  EXPECT_TRUE(all(tensor({1e-45f, -1})).item<bool>());
  EXPECT_FALSE(any(zeros({0})).item<bool>());
  EXPECT_TRUE(all(zeros({0})).item<bool>());
}

TEST(Prod, WidensWrapsAndMultiplies) {
  const Tensor x = values({3, 4, 5}, 0.5, 2);
  for (const std::vector<int>& dims : subsets(3)) {
    const auto times = [](double a, double b) { return a * b; };
    expect_close(prod(x, dims, true), fold_reference(Array(x), dims, 1, times), 4);
  }
  EXPECT_EQ(prod(zeros({0})).item<float>(), 1);
  EXPECT_EQ(prod(full({3}, 200, {.dtype = DType::kU8})).item<std::int64_t>(), 8000000);
  EXPECT_EQ(prod(full({65}, 2, {.dtype = DType::kI64})).item<std::int64_t>(), 0);  // 2^65 wraps
  EXPECT_EQ(sum(full({3}, INT64_C(1) << 62, {.dtype = DType::kI64})).dtype(), DType::kI64);
}

TEST(CumSum, EveryDTypeDimensionAndLayout) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = values({5, 7, 3}, 0, 4, dtype);
    const Array plain(x);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      for (const int dim : {0, 1, 2}) {
        for (const bool reverse : {false, true}) {
          Array expected(x.shape());
          testing::for_each_index(x.shape(), [&](const Dims& i) {
            Dims at = i;
            const std::int64_t first = reverse ? i[dim] : 0;
            const std::int64_t last = reverse ? x.size(dim) - 1 : i[dim];
            for (at[dim] = first; at[dim] <= last; ++at[dim]) expected.at(i) += plain.at(at);
          });
          const Tensor y = cumsum(view, dim - 3, reverse);
          EXPECT_EQ(y.dtype(), is_floating(dtype) ? dtype : DType::kI64);
          expect_close(y, expected, 1, layout + std::string(name(dtype)));
        }
      }
    }
  }
}

// Added up in f32, 0.1 a million times is 100958.
TEST(CumSum, OfAMillionValuesIsAccurate) {
  const std::int64_t n = 1000000;
  EXPECT_NEAR(cumsum(full({n}, 0.1), 0).item<double>({n - 1}), 1e5 + 1.49e-3, 0.01);
  EXPECT_NEAR(cumsum(full({n}, 0.1), 0, true).item<double>({0}), 1e5 + 1.49e-3, 0.01);
  EXPECT_NEAR(cumsum(full({n, 2}, 0.1), 0).item<double>({n - 1, 1}), 1e5 + 1.49e-3, 0.01);
  EXPECT_EQ(cumsum(zeros({3, 0}), 1).shape(), Shape({3, 0}));
  EXPECT_EQ(cumsum(scalar(3), 0).item<float>(), 3);
  expect_error<IndexError>([] { cumsum(zeros({3}), 1); }, {"[cumsum]", "1"});
  expect_error<ValueError>([] { cumsum(Tensor(), 0); }, {"[cumsum]", "undefined"});
}

// 16 million values that differ by 2^20: adding them one by one in f32 would lose half the digits.
TEST(Sum, OfSixteenMillionValuesIsAccurate) {
  const std::int64_t n = 1 << 24;
  const Tensor x = arange(0, n, 1, {.dtype = DType::kF32}) * 0x1p-20 + 1;
  const double expected = static_cast<double>(n) * (1 + static_cast<double>(n - 1) * 0x1p-21);
  EXPECT_NEAR(sum(x).item<double>() / expected, 1, 1e-6);
  EXPECT_NEAR(mean(x).item<double>() / (expected / n), 1, 1e-6);
  const Array columns(sum(x.reshape({n / 2, 2}), {0}));
  EXPECT_NEAR((columns.at({0}) + columns.at({1})) / expected, 1, 1e-6);
  EXPECT_NEAR(sum(x.to(DType::kBF16)).item<double>() / expected, 1, 1e-2);
}

TEST(Reduce, TheSameBitsOnAnyNumberOfThreads) {
  const Tensor x = values({1 << 20}, -1, 1);
  for (const Shape& shape :
       {Shape{1 << 20}, Shape{1 << 14, 64}, Shape{64, 1 << 14}, Shape{16, 256, 256}}) {
    const Tensor y = x.reshape(shape);
    for (const ReduceCase& c : kReduce) {
      for (const std::vector<int>& dims : subsets(shape.size())) {
        const testing::ThreadScope one(1);
        const Tensor expected = c.call(y, dims, false);
        for (const int threads : {2, 3}) {
          const testing::ThreadScope more(threads);
          testing::expect_identical(c.call(y, dims, false), expected, c.name);
        }
      }
    }
  }
}

TEST(SumTo, UndoesBroadcasting) {
  const Tensor x = values({4, 3, 5});
  const Array plain(x);
  const auto expect = [&](const Shape& shape, const std::vector<int>& dims) {
    Array expected(shape);
    expected.values = fold_reference(plain, dims, 0, add_up).values;
    expect_close(sum_to(x, shape), expected, 1, to_string(shape));
  };
  expect({4, 3, 5}, {});
  expect({3, 5}, {0});
  expect({1, 5}, {0, 1});
  expect({5}, {0, 1});
  expect({4, 1, 5}, {1});
  expect({}, {0, 1, 2});
  EXPECT_EQ(sum_to(x, {4, 3, 5}).storage(), x.storage());
  EXPECT_EQ(sum_to(ones({2, 3}, {.dtype = DType::kI32}), {3}).dtype(), DType::kI32);
  EXPECT_EQ(sum_to(zeros({0, 3}), {1, 3}).to_vector<float>(), std::vector<float>(3, 0));
  expect_error<ShapeError>([&] { sum_to(x, {2, 5}); }, {"[sum_to]", "[4,3,5]", "[2,5]"});
  expect_error<ShapeError>([&] { sum_to(x, {1, 4, 3, 5}); }, {"[sum_to]", "[1,4,3,5]"});
}

std::int64_t first_extreme(const Array& x, Dims at, int dim, bool largest) {
  std::int64_t best = 0;
  double found = 0;
  for (std::int64_t i = 0; i < x.shape[dim]; ++i) {
    at[dim] = i;
    const double v = x.at(at);
    if (i == 0 || (largest ? v > found : v < found) || (std::isnan(v) && !std::isnan(found))) {
      best = i;
      found = v;
    }
  }
  return best;
}

TEST(ArgReduce, EveryDimensionLayoutAndDType) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = values({5, 7, 3, 11}, -3, 3, dtype);  // truncated ones hold many equals
    const Array plain(x);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      for (const int dim : {0, 1, 2, -1}) {
        for (const bool largest : {true, false}) {
          const Tensor y = largest ? argmax(view, dim, true) : argmin(view, dim, true);
          Array expected(y.shape());
          testing::for_each_index(expected.shape, [&](const Dims& i) {
            expected.at(i) =
                static_cast<double>(first_extreme(plain, i, dim < 0 ? 3 : dim, largest));
          });
          EXPECT_EQ(y.dtype(), DType::kI64);
          expect_close(y, expected, 0, layout + std::string(name(dtype)));
        }
      }
    }
  }
}

TEST(ArgReduce, TheFirstOfEqualsAndTheFirstNan) {
  EXPECT_EQ(argmax(tensor({1, 3, 3, 2}), 0).item<int>(), 1);
  EXPECT_EQ(argmin(tensor({2, 1, 1}), 0).item<int>(), 1);
  EXPECT_EQ(argmax(tensor({1, NAN, 9, NAN}), 0).item<int>(), 1);
  EXPECT_EQ(argmin(tensor({1, NAN, -9}), 0).item<int>(), 1);
  EXPECT_EQ(argmax(tensor({-INFINITY, -INFINITY}), 0).item<int>(), 0);
  EXPECT_EQ(argmax(scalar(4), 0).shape(), Shape({}));
  EXPECT_EQ(argmax(scalar(4), -1).item<int>(), 0);
  EXPECT_EQ(argmax(zeros({2, 3}), 1).shape(), Shape({2}));
  EXPECT_EQ(argmax(zeros({0, 3}), 1).shape(), Shape({0}));
  EXPECT_EQ(argmax(ones({3, 1}).expand({3, 4}), 1).to_vector<std::int64_t>(),
            std::vector<std::int64_t>(3, 0));
}

TEST(ArgReduce, OfAllElementsInRowMajorOrder) {
  const Tensor x = values({40, 500}, -1, 1);
  x.select(0, 17).select(0, 333).fill_(2);
  x.select(0, 30).select(0, 1).fill_(2);
  EXPECT_EQ(argmax(x).item<int>(), 17 * 500 + 333);
  EXPECT_EQ(argmax(x.t()).item<int>(), 1 * 40 + 30);
  EXPECT_EQ(argmin(neg(x)).item<int>(), 17 * 500 + 333);
  EXPECT_EQ(argmax(scalar(1)).shape(), Shape({}));
  expect_error<ShapeError>([] { argmax(zeros({0})); }, {"[argmax]", "[0]"});
}

TEST(ArgReduce, LongRowsAndColumns) {
  for (const std::int64_t at : {0, 1, 4095, 4096, 9999, 20000}) {
    for (const float best : {5.0f, NAN}) {
      const Tensor x = values({20001, 2}, -1, 1);
      x.select(0, at).fill_(best);
      x.narrow(0, 20000, 1).fill_(best);  // a later one loses
      EXPECT_EQ(argmax(x, 0).to_vector<std::int64_t>(), std::vector<std::int64_t>(2, at));
      const Tensor rows = x.t().contiguous();
      EXPECT_EQ(argmax(rows, 1).to_vector<std::int64_t>(), std::vector<std::int64_t>(2, at));
      EXPECT_EQ(argmin(neg(rows), 1).to_vector<std::int64_t>(), std::vector<std::int64_t>(2, at));
      EXPECT_EQ(argmax(rows.select(0, 0)).item<std::int64_t>(), at);
    }
  }
}

TEST(Reduce, RefusesWrongDimensions) {
  const Tensor x = zeros({2, 3});
  for (const ReduceCase& c : kReduce) {
    const std::string op =
        c.name == std::string("norm1") ? "[norm]" : "[" + std::string(c.name) + "]";
    const auto call = [&](std::vector<int> dims) { c.call(x, dims, false); };
    expect_error<IndexError>([&] { call({2}); }, {op.c_str(), "[-2, 1]", "got 2"});
    expect_error<IndexError>([&] { call({0, -3}); }, {op.c_str(), "got -3"});
    expect_error<ShapeError>([&] { call({1, -1}); }, {op.c_str(), "once", "-1"});
    expect_error<ValueError>([&] { c.call(Tensor(), {}, false); }, {op.c_str(), "undefined"});
    expect_error<ShapeError>([&] { c.call(zeros(Dims::filled(65, 1)), {}, false); },
                             {op.c_str(), "64", "65"});
  }
  expect_error<DTypeError>([] { mean(arange(0, 3)); }, {"[mean]", "i64 [3]"});
  expect_error<IndexError>([&] { argmax(x, 2); }, {"[argmax]", "got 2"});
  expect_error<ShapeError>([] { argmin(zeros({3, 0}), 1); }, {"[argmin]", "dim 1", "f32 [3,0]"});
  expect_error<ValueError>([] { argmax(Tensor(), 0); }, {"[argmax]", "undefined"});
}

}  // namespace
}  // namespace tenon
