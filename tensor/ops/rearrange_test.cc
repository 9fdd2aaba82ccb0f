// Rearrangements of bytes and bools, in every layout, against loops over indices (floating and
// integral dtypes: autograd's table of operations).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::for_each_index;
using testing::values;

template <class Source>
Array moved(const Tensor& x, const Shape& shape, Source source) {
  const Array from(x);
  Array to(shape);
  for_each_index(shape, [&](const Dims& i) { to.at(i) = from.at(source(i)); });
  return to;
}

TEST(Rearrange, EveryDTypeAndLayout) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = values({2, 3, 4, 5}, 0, 9, dtype);
    for (const auto& [layout, view] : testing::layouts_of(x)) {
      expect_close(flip(view, {1, -1}),
                   moved(x, x.shape(),
                         [](Dims i) {
                           i[1] = 2 - i[1];
                           i[3] = 4 - i[3];
                           return i;
                         }),
                   0, layout);
      expect_close(roll(view, 3, 2),
                   moved(x, x.shape(),
                         [](Dims i) {
                           i[2] = (i[2] + 1) % 4;
                           return i;
                         }),
                   0, layout);
      expect_close(repeat(view, {2, 1, 2, 1}),
                   moved(x, {4, 3, 8, 5},
                         [](Dims i) {
                           i[0] %= 2;
                           i[2] %= 4;
                           return i;
                         }),
                   0, layout);
      Array lower(x), upper(x);
      for_each_index(x.shape(), [&](const Dims& i) {
        if (i[3] > i[2]) lower.at(i) = 0;
        if (i[3] < i[2]) upper.at(i) = 0;
      });
      expect_close(tril(view), lower, 0, layout);
      expect_close(triu(view), upper, 0, layout);
    }
  }
}

TEST(Rearrange, ResultsAreNewElements) {
  const Tensor x = ones({1, 1});
  for (const Tensor& y : {flip(x, {0}), roll(x, 0, 0), repeat(x, {1, 1}), tril(x), triu(x)}) {
    EXPECT_NE(y.storage(), x.storage());
  }
}

TEST(Nonzero, PlacesInRowMajorOrder) {
  const Tensor x = tensor({{0, 2, 0}, {NAN, 0, -1}});
  for (const auto& [layout, view] : testing::layouts_of(x)) {
    EXPECT_EQ(nonzero(view).to_vector<std::int64_t>(),
              std::vector<std::int64_t>({0, 1, 1, 0, 1, 2}))
        << layout;
  }
  EXPECT_EQ(nonzero(scalar(3)).shape(), Shape({1, 0}));
  EXPECT_EQ(nonzero(scalar(0)).shape(), Shape({0, 0}));
  EXPECT_EQ(nonzero(zeros({0, 4})).shape(), Shape({0, 2}));
  EXPECT_EQ(nonzero(zeros({2, 2}, {.dtype = DType::kBool})).shape(), Shape({0, 2}));
  testing::expect_error<ValueError>([] { nonzero(Tensor()); }, {"[nonzero]", "undefined"});
}

TEST(Scatter, OfANumber) {
  const Tensor index = tensor<std::int64_t>({{0, 2}, {1, 1}});
  EXPECT_EQ(scatter(zeros({2, 3}), 1, index, 7).to_vector<float>(),
            std::vector<float>({7, 0, 7, 0, 7, 0}));
  testing::expect_error<IndexError>(
      [&] {
        scatter(zeros({2, 2}), 1, index, 7);
      },
      {"[scatter]", "[0, 2)", "got 2", "position 1"});
}

TEST(Scatter, AlsoBools) {
  const Tensor x = zeros({3}, {.dtype = DType::kBool});
  const Tensor y = scatter(x, 0, tensor<std::int64_t>({2}), tensor<bool>({true}));
  EXPECT_EQ(y.to(DType::kI64).to_vector<std::int64_t>(), std::vector<std::int64_t>({0, 0, 1}));
}

}  // namespace
}  // namespace tenon
