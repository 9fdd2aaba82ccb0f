#include "models/tabular.h"

#include "gtest/gtest.h"
#include "models/internal/golden.h"
#include "tensor/testing/check.h"

namespace tenon::models {
namespace {

using internal::expect_golden;
using tenon::testing::expect_error;

const TabularOptions kSmall{.numbers = 4,
                            .categories = {{.values = 5, .width = 3}, {.values = 4, .width = 2}},
                            .hidden = {6, 5},
                            .classes = 3};

TEST(TabularTest, AgreeWithPyTorch) {
  TabularMlp mlp(kSmall);
  expect_golden(mlp, "tabular_mlp");
  WideDeep wide(kSmall);
  expect_golden(wide, "wide_deep");
  DeepCross cross(kSmall);
  expect_golden(cross, "deep_cross");
}

// The networks of keras.io's example on the forest covers, in PyTorch.
TEST(TabularTest, ParametersOfTheForestCovers) {
  const TabularOptions covers{
      .numbers = 10, .categories = {{.values = 40, .width = 6}, {.values = 4, .width = 2}}};
  const std::int64_t vectors = 40 * 6 + 4 * 2;
  const std::int64_t trunk = (18 * 32 + 32 + 64) + (32 * 32 + 32 + 64);
  EXPECT_EQ(TabularMlp(covers).num_parameters(), vectors + trunk + 32 * 7 + 7);
  EXPECT_EQ(WideDeep(covers).num_parameters(), 2 * vectors + trunk + 50 * 7 + 7);
  EXPECT_EQ(DeepCross(covers).num_parameters(),
            vectors + 2 * (18 * 18 + 18) + 36 + trunk + 50 * 7 + 7);
}

TEST(TabularTest, CategoriesAloneAndNumbersAlone) {
  TabularMlp categories({.categories = {{.values = 3, .width = 2}}, .classes = 2});
  categories.eval();
  EXPECT_EQ(to_string(categories(tensor({0, 2}).reshape({2, 1})).shape()), "[2,2]");
  TabularMlp numbers({.numbers = 2, .hidden = {}, .classes = 2});
  EXPECT_EQ(to_string(numbers(tensor({{0.5, 2}})).shape()), "[1,2]");
}

TEST(TabularTest, BadInput) {
  TabularMlp net(kSmall);
  expect_error<ShapeError>(
      [&] {
        net(zeros({2, 5}));
      },
      {"[TabularInput] input: ", "[N,6]", "4 numbers, 2 categories", "[2,5]"});
  EXPECT_THROW(net(zeros({6})), ShapeError);
  const Tensor rows = zeros({2, 6});
  rows.select(1, 5).fill_(4);
  EXPECT_THROW(net(rows), IndexError);
  rows.select(1, 5).fill_(-1);
  EXPECT_THROW(net(rows), IndexError);
}

TEST(TabularTest, BadOptions) {
  EXPECT_THROW(TabularMlp({}), ValueError);
  EXPECT_THROW(TabularMlp({.numbers = -1}), ValueError);
  EXPECT_THROW(TabularMlp({.numbers = 1, .categories = {{.values = 0, .width = 1}}}), ValueError);
  EXPECT_THROW(TabularMlp({.numbers = 1, .categories = {{.values = 1, .width = 0}}}), ValueError);
  EXPECT_THROW(TabularMlp({.numbers = 1, .hidden = {0}}), ValueError);
  EXPECT_THROW(WideDeep({.numbers = 1, .classes = 0}), ValueError);
  EXPECT_THROW(DeepCross({.numbers = 1, .crosses = -1}), ValueError);
}

}  // namespace
}  // namespace tenon::models
