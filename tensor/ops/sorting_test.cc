// Sorting against std::stable_sort: every dtype, dimension and layout, NaN and zeros of both signs.
#include <gtest/gtest.h>

#include <algorithm>
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

/// Whether a comes before b in ascending order; NaN is larger than every number.
bool before(double a, double b) { return a < b || (std::isnan(b) && !std::isnan(a)); }

/// Positions of the first k along `dim`.
Array places_reference(const Array& x, int dim, bool descending, std::int64_t k) {
  Shape shape = x.shape, others = x.shape;
  shape[dim] = k;
  others[dim] = 1;
  Array places(shape);
  testing::for_each_index(others, [&](Dims at) {
    std::vector<double> row;
    for (at[dim] = 0; at[dim] < x.shape[dim]; ++at[dim]) row.push_back(x.at(at));
    std::vector<std::size_t> order(row.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return descending ? before(row[b], row[a]) : before(row[a], row[b]);
    });
    for (at[dim] = 0; at[dim] < k; ++at[dim]) {
      places.at(at) = static_cast<double>(order[static_cast<std::size_t>(at[dim])]);
    }
  });
  return places;
}

void expect_ordered(const Ordered& got, const Tensor& x, int dim, bool descending, std::int64_t k,
                    const std::string& what) {
  EXPECT_EQ(got.values.dtype(), x.dtype());
  EXPECT_EQ(got.indices.dtype(), DType::kI64);
  const Array expected = places_reference(Array(x), dim, descending, k);
  expect_close(got.indices, expected, 0, what);
  testing::expect_identical(got.values, gather(x, dim, got.indices), what);
}

TEST(Sort, EveryDTypeDimensionAndLayout) {
  for (const DType dtype : testing::kNumeric) {
    const Tensor x = values({5, 7, 3}, 0, 6, dtype);  // truncated ones hold many equals
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      for (const int dim : {0, 1, 2}) {
        for (const bool descending : {false, true}) {
          const std::string what = layout + " " + std::string(name(dtype));
          expect_ordered(sort(view, dim, descending), x, dim, descending, x.size(dim), what);
          expect_ordered(topk(view, 2, dim - 3, descending), x, dim, descending, 2, what);
        }
      }
    }
  }
}

TEST(Sort, NanIsTheLargestAndZerosAreEqual) {
  for (const DType dtype : testing::kFloating) {
    const Tensor x = tensor({3, NAN, -INFINITY, 0, -0.0f, INFINITY, -NAN, -1, 0}).to(dtype);
    for (const bool descending : {false, true}) {
      expect_ordered(sort(x, 0, descending), x, 0, descending, 9, "special");
      for (const std::int64_t k : {1, 3, 8}) {
        expect_ordered(topk(x, k, 0, descending), x, 0, descending, k, "special");
      }
    }
  }
}

TEST(Sort, ExtremesOfIntegers) {
  const Tensor x = from_vector<std::int64_t>({0, INT64_MAX, INT64_MIN, -1, INT64_MAX - 1});
  EXPECT_EQ(sort(x).values.to_vector<std::int64_t>(),
            (std::vector<std::int64_t>{INT64_MIN, -1, 0, INT64_MAX - 1, INT64_MAX}));
}

TEST(Sort, LargeRowsOnAnyNumberOfThreads) {
  const Tensor x = values({3, 50001}, -1, 1);
  const testing::ThreadScope one(1);
  const Ordered expected = sort(x), most = topk(x, 100);
  expect_ordered(expected, x, 1, false, 50001, "large");
  expect_ordered(most, x, 1, true, 100, "large");
  const testing::ThreadScope two(2);
  testing::expect_identical(sort(x).indices, expected.indices);
  testing::expect_identical(topk(x, 100).indices, most.indices);
}

TEST(Sort, OfNothingAndOfOne) {
  EXPECT_EQ(sort(zeros({2, 0, 3}), 1).indices.shape(), Shape({2, 0, 3}));
  EXPECT_EQ(sort(zeros({0, 3}), 1).values.shape(), Shape({0, 3}));
  EXPECT_EQ(topk(zeros({2, 3}), 0).values.shape(), Shape({2, 0}));
  EXPECT_EQ(topk(zeros({2, 0}), 0).values.shape(), Shape({2, 0}));
  EXPECT_EQ(sort(scalar(4)).values.item<float>(), 4);
  EXPECT_EQ(sort(scalar(4)).indices.item<int>(), 0);
  EXPECT_EQ(topk(scalar(4), 1).indices.shape(), Shape({}));
  // The copy is the caller's own.
  const Tensor x = scalar(4);
  EXPECT_NE(sort(x).values.storage(), x.storage());
}

TEST(Sort, Refuses) {
  const Tensor x = zeros({2, 3});
  expect_error<IndexError>([&] { sort(x, 2); }, {"[sort]", "2"});
  expect_error<IndexError>([&] { topk(x, 1, -3); }, {"[topk]", "-3"});
  expect_error<ValueError>([&] { topk(x, 4); }, {"[topk]", "k from 0 to 3", "f32 [2,3]", "got 4"});
  expect_error<ValueError>([&] { topk(x, -1, 0); }, {"[topk]", "0 to 2", "-1"});
  expect_error<ValueError>([&] { topk(scalar(1), 2); }, {"[topk]", "0 to 1", "2"});
  expect_error<DTypeError>([&] { sort(gt(x, 0)); }, {"[sort]", "bool [2,3]"});
  expect_error<ValueError>([&] { sort(Tensor()); }, {"[sort]", "undefined"});
}

}  // namespace
}  // namespace tenon
