// Views: which elements each one sees, that it shares them, and where reshape has to copy.
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;
using Floats = std::vector<float>;

Tensor counting(const Shape& shape) {
  return arange(0, static_cast<double>(numel(shape)), 1, {.dtype = DType::kF32}).reshape(shape);
}

struct Case {
  const char* name;
  std::function<Tensor(const Tensor&)> view;  // of counting({2, 3, 4})
  Shape shape;
  Floats values;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {"transpose",
       [](const Tensor& x) { return x.transpose(0, -1).select(1, 0); },
       {4, 2},
       {0, 12, 1, 13, 2, 14, 3, 15}},
      {"t",
       [](const Tensor& x) { return x.select(0, 1).t(); },
       {4, 3},
       {12, 16, 20, 13, 17, 21, 14, 18, 22, 15, 19, 23}},
      {"permute",
       [](const Tensor& x) {
         return x.permute({2, 0, -2}).select(0, 1);
       },
       {2, 3},
       {1, 5, 9, 13, 17, 21}},
      {"select",
       [](const Tensor& x) { return x.select(1, 2); },
       {2, 4},
       {8, 9, 10, 11, 20, 21, 22, 23}},
      {"select from the end",
       [](const Tensor& x) { return x.select(-1, -1); },
       {2, 3},
       {3, 7, 11, 15, 19, 23}},
      {"slice",
       [](const Tensor& x) { return x.slice(2, 1, 3).slice(0, 1); },
       {1, 3, 2},
       {13, 14, 17, 18, 21, 22}},
      {"slice in steps",
       [](const Tensor& x) { return x.slice(1, 0, 3, 2).slice(2, 1, 4, 2); },
       {2, 2, 2},
       {1, 3, 9, 11, 13, 15, 21, 23}},
      {"slice of a slice",
       [](const Tensor& x) { return x.slice(2, 1).slice(2, 1, 3, 2).slice(1, 2); },
       {2, 1, 1},
       {10, 22}},
      {"narrow",
       [](const Tensor& x) { return x.narrow(-2, 1, 1).narrow(2, 2, 2); },
       {2, 1, 2},
       {6, 7, 18, 19}},
      {"unsqueeze and squeeze",
       [](const Tensor& x) {
         return x.select(0, 0).select(0, 0).unsqueeze(0).unsqueeze(-1).squeeze(0);
       },
       {4, 1},
       {0, 1, 2, 3}},
      {"squeeze of a larger dimension",
       [](const Tensor& x) { return x.select(0, 0).squeeze(0); },
       {3, 4},
       {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}},
      {"squeeze all",
       [](const Tensor& x) { return x.narrow(0, 1, 1).narrow(2, 3, 1).squeeze(); },
       {3},
       {15, 19, 23}},
      {"expand",
       [](const Tensor& x) {
         return x.narrow(0, 0, 1).narrow(1, 1, 1).expand({2, 2, -1});
       },
       {2, 2, 4},
       {4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7, 4, 5, 6, 7}},
      {"reshape",
       [](const Tensor& x) {
         return x.reshape({4, -1}).select(0, 1);
       },
       {6},
       {6, 7, 8, 9, 10, 11}},
      {"reshape to more dimensions",
       [](const Tensor& x) {
         return x.reshape({2, 3, 2, 2}).select(3, 1);
       },
       {2, 3, 2},
       {1, 3, 5, 7, 9, 11, 13, 15, 17, 19, 21, 23}},
      {"flatten",
       [](const Tensor& x) { return x.flatten(1, 2).select(0, 1).slice(0, 10); },
       {2},
       {22, 23}},
      {"reshape of a slice",
       [](const Tensor& x) {
         return x.slice(1, 1).reshape({2, 8}).select(1, 7);
       },
       {2},
       {11, 23}},
  };
  return all;
}

TEST(Views, SeeTheElementsThatNumpyWould) {
  for (const Case& c : cases()) {
    const Tensor view = c.view(counting({2, 3, 4}));
    EXPECT_EQ(view.shape(), c.shape) << c.name;
    EXPECT_EQ(view.to_vector<float>(), c.values) << c.name;
    EXPECT_EQ(view.contiguous().to_vector<float>(), c.values) << c.name;
  }
}

TEST(Views, ShareTheirElementsInBothDirections) {
  for (const Case& c : cases()) {
    const Tensor x = counting({2, 3, 4});
    const Tensor view = c.view(x);
    EXPECT_EQ(view.storage(), x.storage()) << c.name;
    x.fill_(-1);
    EXPECT_EQ(view.to_vector<float>(), Floats(c.values.size(), -1)) << c.name;
    view.fill_(-2);
    const Floats all = x.to_vector<float>();
    const std::size_t seen = static_cast<std::size_t>(std::count(all.begin(), all.end(), -2.0f));
    std::vector<float> distinct = c.values;
    std::sort(distinct.begin(), distinct.end());
    distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
    EXPECT_EQ(seen, distinct.size()) << c.name;  // those elements and no others
  }
}

struct ReshapeCase {
  const char* name;
  Tensor x;
  Shape shape;
  bool is_view;
};

// What torch.Tensor.view accepts, and what it refuses.
std::vector<ReshapeCase> reshape_cases() {
  const Tensor x = counting({2, 3, 4});
  return {
      {"dense", x, {6, 4}, true},
      {"dense with an offset", x.select(0, 1), {12}, true},
      {"same shape of a transpose", x.transpose(0, 2), {4, 3, 2}, true},
      {"transpose, flattened", x.transpose(0, 1), {24}, false},
      {"transpose, an untouched dimension split", x.transpose(0, 1), {3, 2, 2, 2}, true},
      {"transpose, a swapped dimension split", counting({4, 6}).t(), {2, 3, 4}, true},
      {"sliced columns, flattened", x.slice(2, 1), {2, 9}, false},
      {"sliced columns, rows merged", x.slice(2, 1), {6, 3}, true},
      {"every second row, flattened", counting({4, 3}).slice(0, 0, 4, 2), {6}, false},
      {"every second element", counting({12}).slice(0, 0, 12, 2), {2, 3}, true},
      {"sliced rows in the middle", x.slice(1, 1), {2, 8}, true},
      {"sliced rows in the middle, flattened", x.slice(1, 1), {16}, false},
      {"expanded, kept apart", counting({3}).expand({2, 3}), {2, 1, 3}, true},
      {"expanded, flattened", counting({3}).expand({2, 3}), {6}, false},
      {"expanded, split", counting({1, 3}).expand({4, 3}), {2, 2, 3}, true},
      {"a constant, flattened", counting({1}).expand({2, 3}), {6}, true},
      {"empty of any strides", x.slice(1, 1).slice(2, 4), {0, 7}, true},
      {"one element of any strides", x.slice(0, 1).slice(1, 2).slice(2, 3), {1, 1, 1, 1}, true},
      {"sizes of one inserted", x.transpose(0, 2), {4, 1, 3, 1, 2, 1}, true},
      {"sizes of one dropped", x.transpose(0, 2).unsqueeze(1).unsqueeze(-1), {4, 3, 2}, true},
      {"to no dimensions", x.slice(0, 1).slice(1, 2).slice(2, 3), {}, true},
      {"from no dimensions", scalar(3), {1, 1}, true},
      {"channels-last, channels flattened",
       zeros({2, 3, 4, 5}, {.layout = Layout::kChannelsLast}),
       {2, 60},
       false},
      {"channels-last, pixels flattened",
       zeros({2, 3, 4, 5}, {.layout = Layout::kChannelsLast}),
       {2, 3, 20},
       true},
  };
}

TEST(Reshape, IsAViewWhereStridesAllowAndACopyElsewhere) {
  for (const ReshapeCase& c : reshape_cases()) {
    const Tensor y = c.x.reshape(c.shape);
    EXPECT_EQ(y.shape(), c.shape) << c.name;
    EXPECT_EQ(y.to_vector<float>(), c.x.to_vector<float>()) << c.name;
    EXPECT_EQ(y.storage() == c.x.storage(), c.is_view) << c.name;
  }
}

TEST(View, ThrowsWhereReshapeWouldCopy) {
  for (const ReshapeCase& c : reshape_cases()) {
    if (c.is_view) {
      EXPECT_EQ(c.x.view(c.shape).storage(), c.x.storage()) << c.name;
    } else {
      expect_error<ShapeError>([&] { c.x.view(c.shape); },
                               {"[view]", "use reshape", to_string(c.shape).c_str(),
                                to_string(c.x.shape()).c_str(), to_string(c.x.strides()).c_str()});
    }
  }
}

TEST(Reshape, InfersOneSize) {
  EXPECT_EQ(counting({2, 6}).reshape({-1}).shape(), Shape({12}));
  EXPECT_EQ(counting({2, 6}).reshape({3, -1, 2}).shape(), Shape({3, 2, 2}));
  EXPECT_EQ(zeros({0, 3}).reshape({-1, 3}).shape(), Shape({0, 3}));
}

TEST(Reshape, RefusesShapesOfAnotherCount) {
  const Tensor x = counting({2, 6});
  for (const Shape& shape : {Shape{5}, Shape{}, Shape{-1, -1}, Shape{5, -1}, Shape{-2, -6},
                             Shape{0, -1}, Shape{-1, INT64_MAX, 4}, Shape{INT64_MAX, INT64_MAX}}) {
    expect_error<ShapeError>([&] { x.reshape(shape); }, {to_string(shape).c_str()});
  }
  expect_error<ShapeError>(
      [&] {
        x.reshape({5, 2});
      },
      {"[reshape]", "12 elements", "[2,6]", "[5,2]"});
  expect_error<ShapeError>([] { zeros({0, 3}).reshape({0, -1}); }, {"[reshape]", "[0,-1]"});
}

TEST(Slice, ClipsItsBoundsAsNumpy) {
  const Tensor x = counting({5});
  const auto slice = [&](std::int64_t begin, std::int64_t end, std::int64_t step) {
    return x.slice(0, begin, end, step).to_vector<float>();
  };
  EXPECT_EQ(slice(-2, INT64_MAX, 1), Floats({3, 4}));
  EXPECT_EQ(slice(-99, 2, 1), Floats({0, 1}));
  EXPECT_EQ(slice(0, -1, 1), Floats({0, 1, 2, 3}));
  EXPECT_EQ(slice(3, 2, 1), Floats());
  EXPECT_EQ(slice(99, INT64_MAX, 1), Floats());
  EXPECT_EQ(slice(INT64_MIN, INT64_MAX, 1), Floats({0, 1, 2, 3, 4}));
  EXPECT_EQ(slice(0, 5, 2), Floats({0, 2, 4}));
  EXPECT_EQ(slice(1, 5, INT64_MAX), Floats({1}));
}

TEST(Flatten, MergesARangeOfDimensions) {
  const Tensor x = counting({2, 3, 4});
  EXPECT_EQ(x.flatten().shape(), Shape({24}));
  EXPECT_EQ(x.flatten(1).shape(), Shape({2, 12}));
  EXPECT_EQ(x.flatten(0, 1).shape(), Shape({6, 4}));
  EXPECT_EQ(x.flatten(1, 1).shape(), x.shape());
  EXPECT_EQ(scalar(1).flatten().shape(), Shape({1}));
  EXPECT_EQ(zeros({2, 0, 3}).flatten(1).shape(), Shape({2, 0}));
}

TEST(Views, OfNoDimensions) {
  const Tensor x = scalar(5);
  EXPECT_EQ(x.transpose(0, -1).ndim(), 0);
  EXPECT_EQ(x.permute({}).item<float>(), 5);
  EXPECT_EQ(x.squeeze(0).ndim(), 0);
  EXPECT_EQ(x.unsqueeze(-1).shape(), Shape({1}));
  EXPECT_EQ(x.expand({2, 2}).to_vector<float>(), Floats({5, 5, 5, 5}));
}

TEST(Views, OfManyDimensions) {
  Shape shape = Dims::filled(20, 1);
  shape[3] = shape[17] = 2;
  const Tensor x = counting(shape);
  EXPECT_EQ(x.transpose(3, 17).to_vector<float>(), Floats({0, 2, 1, 3}));
  EXPECT_EQ(x.squeeze().shape(), Shape({2, 2}));
  EXPECT_EQ(x.transpose(3, 17).reshape({4}).to_vector<float>(), Floats({0, 2, 1, 3}));
}

TEST(Views, RefuseArgumentsOutOfRange) {
  const Tensor x = counting({2, 3});
  expect_error<IndexError>([&] { x.transpose(0, 2); }, {"[transpose]", "[-2, 1]", "got 2"});
  expect_error<ShapeError>([] { zeros({2}).t(); }, {"[t]", "2-d", "[2]"});
  expect_error<ShapeError>([&] { x.permute({0}); }, {"[permute]", "[2,3]", "[0]"});
  expect_error<ShapeError>([&] { x.permute({1, -1}); }, {"[permute]", "once", "[1,-1]"});
  expect_error<IndexError>([&] { x.permute({0, 2}); }, {"[permute]", "got 2"});
  expect_error<IndexError>([&] { x.slice(2, 0); }, {"[slice]", "got 2"});
  expect_error<IndexError>([] { scalar(1).slice(0, 0); }, {"[slice]", "0-d"});
  expect_error<ValueError>([&] { x.slice(0, 0, 1, 0); }, {"[slice]", "step > 0", "got 0"});
  expect_error<ValueError>([&] { x.slice(0, 0, 1, -1); }, {"[slice]", "got -1"});
  expect_error<IndexError>([&] { x.select(1, 3); },
                           {"[select]", "[-3, 2]", "dim 1", "[2,3]", "got 3"});
  expect_error<IndexError>([&] { x.select(1, -4); }, {"[select]", "got -4"});
  expect_error<IndexError>([] { scalar(1).select(0, 0); }, {"[select]", "0-d"});
  expect_error<IndexError>([&] { x.narrow(1, 2, 2); },
                           {"[narrow]", "dim 1", "[2,3]", "got 2 from 2"});
  expect_error<IndexError>([&] { x.narrow(1, -1, 1); }, {"[narrow]", "from -1"});
  expect_error<IndexError>([&] { x.narrow(1, 1, INT64_MAX); }, {"[narrow]"});
  expect_error<IndexError>([&] { x.narrow(1, 0, -1); }, {"[narrow]", "got -1"});
  expect_error<IndexError>([&] { x.squeeze(2); }, {"[squeeze]", "got 2"});
  expect_error<IndexError>([&] { x.unsqueeze(4); }, {"[unsqueeze]", "[-3, 2]", "got 4"});
  expect_error<ShapeError>([&] { x.expand({3}); }, {"[expand]", "[2,3]", "[3]"});
  expect_error<ShapeError>([&] { x.expand({4, 3}); }, {"[expand]", "[2,3]", "[4,3]"});
  expect_error<ShapeError>([&] { x.expand({-1, 2, 3}); }, {"[expand]", "[2,3]", "[-1,2,3]"});
  expect_error<ShapeError>([&] { x.flatten(1, 0); }, {"[flatten]", "first <= last"});
}

}  // namespace
}  // namespace tenon
