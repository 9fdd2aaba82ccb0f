// Indexing against loops, and hostile indices: whatever they are, an IndexError and no other
// memory.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::for_each_index;
using testing::values;

constexpr std::int64_t kHostile[] = {-1, 5, INT64_MAX, INT64_MIN, std::int64_t{1} << 32};

Tensor integers(const std::vector<std::int64_t>& values) { return from_vector(values); }

TEST(IndexSelect, EveryDimensionDTypeAndLayout) {
  const Tensor indices = integers({4, 0, 4, 2});
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = values({5, 5, 5}, 0, 5, dtype);
    for (const int dim : {0, 1, -1}) {
      const int d = dim < 0 ? 2 : dim;
      Shape shape = x.shape();
      shape[d] = 4;
      Array expected(shape);
      const Array plain(x), chosen(indices);
      for_each_index(shape, [&](const Dims& i) {
        Dims from = i;
        from[d] = static_cast<std::int64_t>(chosen.at({i[d]}));
        expected.at(i) = plain.at(from);
      });
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const Tensor y = index_select(view, dim, indices);
        EXPECT_EQ(y.dtype(), dtype);
        expect_close(y, expected, 0, layout);
        expect_close(index_select(x, dim, testing::layouts_of(indices)[2].tensor), expected, 0);
      }
    }
  }
}

TEST(IndexSelect, ManyRows) {
  const Tensor x = values({1000, 64});
  Generator generator(1);
  const Tensor order = randperm(1000, generator);
  const Tensor y = index_select(x, 0, order);
  for (const std::int64_t i : {0, 500, 999}) {
    testing::expect_identical(y.select(0, i), x.select(0, order.item<std::int64_t>({i})));
  }
}

TEST(IndexSelect, OfNothing) {
  EXPECT_EQ(index_select(zeros({3, 2}), 0, integers({})).shape(), Shape({0, 2}));
  EXPECT_EQ(index_select(zeros({3, 0}), 0, integers({1, 1})).shape(), Shape({2, 0}));
  EXPECT_EQ(index_select(zeros({0, 2}), 0, integers({})).shape(), Shape({0, 2}));
  expect_error<IndexError>([] { index_select(zeros({0, 2}), 0, integers({0})); }, {"[0, 0)"});
}

TEST(IndexAdd, AddsEveryRowAlsoTheSameTwice) {
  const Tensor indices = integers({4, 0, 4, 2});
  for (const DType dtype : testing::kNumeric) {
    const Tensor x = values({5, 5, 5}, 0, 5, dtype, 1);
    for (const int dim : {0, 1, -1}) {
      const int d = dim < 0 ? 2 : dim;
      Shape shape = x.shape();
      shape[d] = 4;
      const Tensor added = values(shape, 0, 5, dtype, 2);
      Array expected(x);
      const Array plain(added), chosen(indices);
      for_each_index(shape, [&](const Dims& i) {
        Dims to = i;
        to[d] = static_cast<std::int64_t>(chosen.at({i[d]}));
        expected.at(to) += plain.at(i);
      });
      for (const auto& [layout, view] : testing::layouts_of(added)) {
        expect_close(index_add(x, dim, indices, view), expected, 2, layout);
      }
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        expect_close(index_add(view, dim, indices, added), expected, 2, layout);
      }
    }
  }
}

TEST(IndexAdd, LeavesItsArgumentsAlone) {
  const Tensor x = zeros({3, 2});
  index_add(x, 0, integers({1}), ones({1, 2}));
  EXPECT_EQ(sum(x).item<float>(), 0);
}

Tensor index_within(const Shape& shape, std::int64_t bound) {
  return values(shape, 0, static_cast<double>(bound), DType::kF64, 3).to(DType::kI64);
}

TEST(Gather, EveryDimensionDTypeAndLayout) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = values({5, 5, 5}, 0, 5, dtype);
    for (const int dim : {0, 1, -1}) {
      const int d = dim < 0 ? 2 : dim;
      Shape shape{4, 3, 5};
      shape[d] = 7;  // longer along dim is allowed
      const Tensor index = index_within(shape, 5);
      const Array plain(x), chosen(index);
      Array expected(shape);
      for_each_index(shape, [&](const Dims& i) {
        Dims from = i;
        from[d] = static_cast<std::int64_t>(chosen.at(i));
        expected.at(i) = plain.at(from);
      });
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        expect_close(gather(view, dim, index), expected, 0, layout);
      }
      for (const auto& [layout, view] : testing::layouts_of(index)) {
        expect_close(gather(x, dim, view), expected, 0, layout);
      }
    }
  }
  EXPECT_EQ(gather(zeros({3, 2}), 0, zeros({0, 2}, {.dtype = DType::kI64})).shape(), Shape({0, 2}));
}

TEST(ScatterAdd, IsGathersAdjoint) {
  for (const DType dtype : testing::kNumeric) {
    const Tensor x = values({5, 5, 5}, 0, 5, dtype, 1);
    for (const int dim : {0, 1, -1}) {
      const int d = dim < 0 ? 2 : dim;
      Shape shape{4, 3, 5};
      shape[d] = 7;
      const Tensor index = index_within(shape, 5), added = values(shape, 0, 3, dtype, 2);
      Array expected(x);
      const Array plain(added), chosen(index);
      for_each_index(shape, [&](const Dims& i) {
        Dims to = i;
        to[d] = static_cast<std::int64_t>(chosen.at(i));
        expected.at(to) += plain.at(i);
      });
      // 16-bit sums round once for each value that meets the same place: up to seven.
      for (const auto& [layout, view] : testing::layouts_of(added)) {
        expect_close(scatter_add(x, dim, index, view), expected, 4, layout);
      }
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        expect_close(scatter_add(view, dim, index, added), expected, 4, layout);
      }
    }
  }
}

TEST(Indexing, HostileIndicesAreNamedWithTheirPosition) {
  const Tensor x = zeros({5, 5});
  for (const std::int64_t bad : kHostile) {
    const std::string got = "got " + std::to_string(bad);
    const Tensor rows = integers({0, 4, bad, bad});
    const Tensor grid = integers({0, 1, 2, 3, bad, 4}).reshape({2, 3});
    const Tensor transposed =
        integers({0, bad, 1, 2, 3, 4}).reshape({3, 2}).t();  // row 1, column 0
    expect_error<IndexError>([&] { index_select(x, 0, rows); },
                             {"[index_select]", "[0, 5)", got.c_str(), "position 2"});
    expect_error<IndexError>(
        [&] {
          index_add(x, 1, rows, zeros({5, 4}));
        },
        {"[index_add]", "[0, 5)", got.c_str(), "position 2"});
    expect_error<IndexError>([&] { gather(x, 0, grid); },
                             {"[gather]", "[0, 5)", got.c_str(), "position 4"});
    expect_error<IndexError>([&] { gather(x, 1, transposed); }, {got.c_str(), "position 3"});
    expect_error<IndexError>(
        [&] {
          scatter_add(x, 0, grid, zeros({2, 3}));
        },
        {"[scatter_add]", "[0, 5)", got.c_str(), "position 4"});
    expect_error<IndexError>([&] { one_hot(rows, 5); }, {"[one_hot]", "[0, 5)", got.c_str()});
  }
}

TEST(OneHot, AnyShapeAndDType) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor y = one_hot(integers({2, 0, 1}), 3, dtype);
    EXPECT_EQ(y.dtype(), dtype);
    Array expected({3, 3});
    expected.values = {0, 0, 1, 1, 0, 0, 0, 1, 0};
    expect_close(y, expected, 0);
  }
  EXPECT_EQ(one_hot(zeros({2, 4}, {.dtype = DType::kI64}), 3).shape(), Shape({2, 4, 3}));
  EXPECT_EQ(one_hot(scalar(1, {.dtype = DType::kI64}), 2).to_vector<float>(),
            std::vector<float>({0, 1}));
  EXPECT_EQ(one_hot(integers({}), 3).shape(), Shape({0, 3}));
  expect_error<ValueError>([] { one_hot(integers({0}), 0); }, {"[one_hot]", "got 0"});
  expect_error<DTypeError>([] { one_hot(zeros({2}), 3); }, {"[one_hot]", "i64", "f32"});
}

TEST(Cat, JoinsAnyLayouts) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = values({2, 3, 4}, 0, 9, dtype, 1), y = values({2, 5, 4}, 0, 9, dtype, 2);
    for (const auto& [layout, view] : testing::layouts_of(y)) {
      const Tensor joined = cat(std::vector{x, view, x}, -2);
      EXPECT_EQ(joined.shape(), Shape({2, 11, 4}));
      testing::expect_identical(joined.slice(1, 0, 3), x, layout);
      testing::expect_identical(joined.slice(1, 3, 8), y, layout);
      testing::expect_identical(joined.slice(1, 8), x, layout);
    }
  }
  EXPECT_EQ(cat(std::vector{zeros({0, 2}), ones({1, 2})}).shape(), Shape({1, 2}));
  const Tensor alone = ones({2});
  EXPECT_NE(cat(std::vector{alone}).storage(), alone.storage());
}

TEST(Stack, AddsADimensionAnywhere) {
  const Tensor x = values({2, 3}), y = values({2, 3}, -2, 2, DType::kF32, 2).t().contiguous().t();
  for (const int dim : {0, 1, 2, -1, -3}) {
    const Tensor stacked = stack(std::vector{x, y}, dim);
    const int d = dim < 0 ? dim + 3 : dim;
    EXPECT_EQ(stacked.size(d), 2);
    testing::expect_identical(stacked.select(d, 0), x);
    testing::expect_identical(stacked.select(d, 1), y);
  }
  EXPECT_EQ(stack(std::vector{scalar(1), scalar(2)}).to_vector<float>(),
            std::vector<float>({1, 2}));
}

TEST(Indexing, RefusesWhatDoesNotFit) {
  const Tensor x = zeros({5, 5}), rows = integers({0, 1});
  expect_error<DTypeError>([&] { index_select(x, 0, zeros({2})); },
                           {"[index_select]", "i64", "f32"});
  expect_error<ShapeError>(
      [&] {
        index_select(x, 0, rows.reshape({1, 2}));
      },
      {"[index_select]", "[1,2]"});
  expect_error<ShapeError>([&] { index_select(scalar(1), 0, rows); }, {"[index_select]", "0-d"});
  expect_error<IndexError>([&] { index_select(x, 2, rows); }, {"[index_select]", "got 2"});
  expect_error<ShapeError>(
      [&] {
        index_add(x, 0, rows, zeros({3, 5}));
      },
      {"[index_add]", "values", "[2,5]", "[3,5]"});
  expect_error<DTypeError>(
      [&] {
        index_add(x, 0, rows, zeros({2, 5}, {.dtype = DType::kF64}));
      },
      {"[index_add]", "f64 [2,5]"});
  expect_error<ShapeError>([&] { gather(x, 0, rows); }, {"[gather]", "2 dimensions", "[2]"});
  expect_error<ShapeError>(
      [&] {
        gather(x, 0, zeros({2, 6}, {.dtype = DType::kI64}));
      },
      {"[gather]", "[5,5]", "[2,6]"});
  expect_error<ShapeError>(
      [&] {
        scatter_add(x, 1, zeros({6, 2}, {.dtype = DType::kI64}), zeros({6, 2}));
      },
      {"[scatter_add]", "[5,5]", "[6,2]"});
  expect_error<ShapeError>(
      [&] {
        scatter_add(x, 1, zeros({2, 2}, {.dtype = DType::kI64}), zeros({2, 3}));
      },
      {"[scatter_add]", "values", "[2,2]", "[2,3]"});
  expect_error<ValueError>([] { cat(std::vector<Tensor>()); }, {"[cat]", "at least one"});
  expect_error<ValueError>([] { stack(std::vector<Tensor>()); }, {"[stack]", "at least one"});
  expect_error<ShapeError>(
      [&] {
        cat(std::vector{x, zeros({5, 4})});
      },
      {"[cat]", "[5,5]", "[5,4]"});
  expect_error<ShapeError>([&] { cat(std::vector{x, zeros({5})}); }, {"[cat]", "[5,5]", "[5]"});
  expect_error<ShapeError>([] { cat(std::vector{scalar(1)}); }, {"[cat]", "0-d"});
  expect_error<ValueError>([&] { cat(std::vector{x, Tensor()}); }, {"[cat]", "undefined"});
  expect_error<IndexError>([&] { cat(std::vector{x, x}, 2); }, {"[cat]", "got 2"});
  expect_error<ShapeError>(
      [&] {
        stack(std::vector{x, zeros({4, 5})});
      },
      {"[stack]", "[5,5]", "[4,5]"});
}

}  // namespace
}  // namespace tenon
