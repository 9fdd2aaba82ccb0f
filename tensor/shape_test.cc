#include "tensor/shape.h"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;

constexpr std::int64_t kHuge = std::int64_t{1} << 40;

Dims counting(int count) {
  Dims dims;
  for (int i = 0; i < count; ++i) dims.push_back(i);
  return dims;
}

// Six fit inside the object; seven do not.
TEST(Dims, CopiesAndMovesAcrossTheInlineLimit) {
  for (const int from : {0, 1, 6, 7, 20}) {
    for (const int to : {0, 6, 7, 20}) {
      const Dims source = counting(from);
      Dims copied = counting(to);
      copied = source;
      EXPECT_EQ(copied, source) << from << " over " << to;
      Dims moved = counting(to);
      moved = std::move(copied);
      EXPECT_EQ(moved, source) << from << " over " << to;
      const Dims constructed = std::move(moved);
      EXPECT_EQ(constructed, source) << from << " over " << to;
    }
  }
}

TEST(Dims, AssignsToItself) {
  Dims dims = counting(9);
  const Dims& alias = dims;
  dims = alias;
  EXPECT_EQ(dims, counting(9));
}

TEST(Dims, InsertsAndErasesAnywhere) {
  for (const int size : {1, 5, 6, 7, 8}) {
    for (int at = 0; at <= size; ++at) {
      Dims dims = counting(size);
      dims.insert(at, -1);
      std::vector<std::int64_t> expected;
      for (int i = 0; i < size; ++i) expected.push_back(i);
      expected.insert(expected.begin() + at, -1);
      EXPECT_EQ(dims, Dims(std::span<const std::int64_t>(expected)));
      dims.erase(at);
      EXPECT_EQ(dims, counting(size));
    }
  }
}

TEST(Dims, ComparesSizesToo) {
  EXPECT_NE(Dims({1, 2}), Dims({1, 2, 3}));
  EXPECT_NE(Dims({1, 2}), Dims({1, 3}));
  EXPECT_EQ(Dims(), Dims::filled(0, 7));
}

TEST(Dims, PrintsAsAList) {
  EXPECT_EQ(to_string(Dims()), "[]");
  EXPECT_EQ(to_string(Dims({2, -1, 3})), "[2,-1,3]");
}

TEST(Numel, MultipliesSizes) {
  EXPECT_EQ(numel({}), 1);
  EXPECT_EQ(numel({2, 3, 4}), 24);
  EXPECT_EQ(numel({INT64_MAX}), INT64_MAX);
}

TEST(Numel, OfAnEmptyShapeIsZeroWhateverTheOtherSizes) {
  EXPECT_EQ(numel({kHuge, kHuge, 0}), 0);
  EXPECT_EQ(numel({0, kHuge, kHuge}), 0);
}

TEST(Numel, RefusesOverflowAndNegativeSizes) {
  expect_error<ShapeError>([] { numel({kHuge, kHuge}); }, {"[shape]", "[1099511627776,"});
  expect_error<ShapeError>([] { numel({2, -1}); }, {"[shape]", "[2,-1]"});
  expect_error<ShapeError>([] { numel({0, -1}); }, {"[shape]", "[0,-1]"});
}

TEST(RowMajorStrides, LastDimensionIsFastest) {
  EXPECT_EQ(row_major_strides({}), Strides());
  EXPECT_EQ(row_major_strides({2, 3, 4}), Strides({12, 4, 1}));
  EXPECT_EQ(row_major_strides({2, 0, 4}), Strides({4, 4, 1}));  // as NumPy counts empty dimensions
}

TEST(RowMajorStrides, EmptyShapesMayHaveHugeSizes) {
  EXPECT_EQ(row_major_strides({0, kHuge, kHuge, kHuge}).size(), 4);
}

TEST(BroadcastShapes, AlignsAtTheLastDimension) {
  const auto broadcast = [](const Shape& a, const Shape& b) {
    EXPECT_EQ(broadcast_shapes(a, b, "test"), broadcast_shapes(b, a, "test"));
    return broadcast_shapes(a, b, "test");
  };
  EXPECT_EQ(broadcast({}, {}), Shape({}));
  EXPECT_EQ(broadcast({2, 3}, {}), Shape({2, 3}));
  EXPECT_EQ(broadcast({2, 3}, {3}), Shape({2, 3}));
  EXPECT_EQ(broadcast({2, 1}, {3}), Shape({2, 3}));
  EXPECT_EQ(broadcast({5, 1, 4}, {7, 1}), Shape({5, 7, 4}));
  EXPECT_EQ(broadcast({0}, {1}), Shape({0}));
  EXPECT_EQ(broadcast({3, 0}, {1, 1}), Shape({3, 0}));
}

TEST(BroadcastShapes, NamesTheOperationAndBothShapes) {
  expect_error<ShapeError>([] { broadcast_shapes({2, 3}, {4}, "add"); }, {"[add]", "[2,3]", "[4]"});
  expect_error<ShapeError>([] { broadcast_shapes({0}, {2}, "add"); }, {"[add]", "[0]", "[2]"});
}

TEST(NormalizeDim, CountsFromTheEnd) {
  EXPECT_EQ(normalize_dim(2, 3, "test"), 2);
  EXPECT_EQ(normalize_dim(-1, 3, "test"), 2);
  EXPECT_EQ(normalize_dim(-3, 3, "test"), 0);
  EXPECT_EQ(normalize_dim(-1, 0, "test"), 0);  // as in PyTorch
}

TEST(NormalizeDim, RefusesDimensionsOutOfRange) {
  expect_error<IndexError>([] { normalize_dim(3, 3, "sum"); }, {"[sum]", "[-3, 2]", "got 3"});
  expect_error<IndexError>([] { normalize_dim(-4, 3, "sum"); }, {"[sum]", "got -4"});
  expect_error<IndexError>([] { normalize_dim(1, 0, "sum"); }, {"[sum]", "[-1, 0]"});
}

}  // namespace
}  // namespace tenon
