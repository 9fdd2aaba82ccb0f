// The handle itself: reading elements, conversions, copies, writes in place, memory orders.
#include "tensor/tensor.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;
using Floats = std::vector<float>;
using Integers = std::vector<std::int64_t>;

TEST(Item, ReadsOneElementOfAnyDType) {
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor x = from_vector<double>({0, 1, 2, 3, 4, 5}, Shape{2, 3}).to(dtype).t();
    EXPECT_EQ(x.item<int>({2, 1}), dtype == DType::kBool ? 1 : 5) << name(dtype);
    EXPECT_EQ(x.select(0, 1).select(0, 0).item<float>(), 1);
    EXPECT_FALSE(x.item<bool>({0, 0}));
    EXPECT_EQ(x.item<double>({-3, 0}), 0);
  }
}

TEST(Item, KeepsEveryBitOf64BitIntegers) {
  const Integers extremes{INT64_MAX, INT64_MIN, (std::int64_t{1} << 53) + 1};
  const Tensor x = from_vector(extremes);
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(x.item<std::int64_t>({i}), extremes[static_cast<std::size_t>(i)]);
    EXPECT_EQ(x.select(0, i).item<std::int64_t>(), extremes[static_cast<std::size_t>(i)]);
  }
}

TEST(Item, RefusesWhatIsNotOneElement) {
  const Tensor x = zeros({2, 3});
  expect_error<ShapeError>([&] { x.item<float>(); }, {"[item]", "one element", "[2,3]"});
  expect_error<ShapeError>([&] { x.item<float>({1}); }, {"[item]", "2 indices", "[2,3]", "got 1"});
  expect_error<IndexError>([&] { x.item<float>({0, 3}); }, {"got 3"});
  expect_error<ValueError>([] { Tensor().item<float>(); }, {"[item]", "undefined"});
}

TEST(Data, ChecksTheDType) {
  const Tensor x = zeros({2});
  EXPECT_EQ(x.slice(0, 1).data<float>(), x.data<float>() + 1);
  expect_error<DTypeError>([&] { x.data<double>(); }, {"[data]", "f32", "f64"});
  expect_error<DTypeError>([&] { x.to_vector<std::int32_t>(); }, {"[to_vector]", "f32", "i32"});
  expect_error<ValueError>([] { Tensor().data<float>(); }, {"[data]", "undefined"});
}

TEST(Size, CountsFromTheEnd) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(x.size(-1), 3);
  EXPECT_EQ(x.size(0), 2);
  EXPECT_EQ(x.bytes(), 24u);
  expect_error<IndexError>([&] { x.size(2); }, {"[size]", "got 2"});
  expect_error<IndexError>([] { scalar(1).size(0); }, {"[size]", "0-d"});
}

TEST(IsContiguous, KnowsBothOrders) {
  const auto both = [](const Tensor& x) {
    return std::pair(x.is_contiguous(), x.is_contiguous(Layout::kChannelsLast));
  };
  EXPECT_EQ(both(zeros({2, 3, 4, 5})), std::pair(true, false));
  EXPECT_EQ(both(zeros({2, 3, 4, 5}, {.layout = Layout::kChannelsLast})), std::pair(false, true));
  EXPECT_EQ(both(zeros({2, 1, 4, 5})), std::pair(true, true));
  EXPECT_EQ(both(zeros({2, 3, 1, 1})), std::pair(true, true));
  EXPECT_EQ(both(zeros({3, 4})), std::pair(true, false));
  EXPECT_EQ(both(zeros({3, 4}).t()), std::pair(false, false));
  EXPECT_EQ(both(zeros({1, 4}).t()), std::pair(true, false));
  EXPECT_TRUE(zeros({3, 0}).t().is_contiguous());
  EXPECT_TRUE(zeros({9, 9}).slice(0, 3, 4).slice(1, 5, 6).is_contiguous());
  EXPECT_FALSE(zeros({3}).expand({2, 3}).is_contiguous());
}

// Torch: .to(dtype). Floating to integral truncates; anything to bool is != 0.
TEST(To, Converts) {
  const Tensor x = from_vector<double>({-2.75, -0.5, 0, 0.5, 2.75, 200});
  EXPECT_EQ(x.to(DType::kI64).to_vector<std::int64_t>(), Integers({-2, 0, 0, 0, 2, 200}));
  EXPECT_EQ(x.to(DType::kF32).to(DType::kI32).to_vector<std::int32_t>(),
            std::vector<std::int32_t>({-2, 0, 0, 0, 2, 200}));
  EXPECT_EQ(x.to(DType::kBool).to(DType::kI64).to_vector<std::int64_t>(),
            Integers({1, 1, 0, 1, 1, 1}));
  EXPECT_EQ(x.to(DType::kBF16).to(DType::kF32).to_vector<float>(),
            Floats({-2.75, -0.5, 0, 0.5, 2.75, 200}));
  EXPECT_EQ(full({1}, NAN).to(DType::kBool).item<int>(), 1);
  EXPECT_EQ(from_vector<std::int32_t>({-1, 257}).to(DType::kU8).to_vector<std::uint8_t>(),
            std::vector<std::uint8_t>({255, 1}));  // integers wrap
  EXPECT_EQ(
      from_vector<std::int64_t>({INT64_MIN, 1}).to(DType::kBool).to(DType::kI32).item<int>({0}), 1);
}

TEST(To, EveryPairOfDTypesAndLayouts) {
  for (const DType from : testing::kAllDTypes) {
    const Tensor x = from_vector<double>({0, 1, 2, 3, 100, 127}, Shape{3, 2}).to(from);
    for (const DType to : testing::kAllDTypes) {
      testing::Array expected(x);
      if (to == DType::kBool)
        for (double& v : expected.values) v = v != 0;
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        const Tensor y = view.to(to);
        EXPECT_EQ(y.dtype(), to);
        expect_close(y, expected, 0, std::string(name(from)) + " " + layout);
      }
    }
  }
}

// Values that no integer can hold are the one place where C++ leaves the result open.
TEST(To, IntegersOfWhatTheyCannotHoldAreDefined) {
  const Tensor x = from_vector<double>({NAN, INFINITY, -INFINITY, 1e30, -1e30});
  for (const DType from : testing::kFloating) {
    EXPECT_EQ(x.to(from).to(DType::kI64).to_vector<std::int64_t>(), Integers(5, INT64_MIN));
  }
  EXPECT_EQ(from_vector<float>({-1, 257, -3.5}).to(DType::kU8).to_vector<std::uint8_t>(),
            std::vector<std::uint8_t>({255, 1, 253}));
}

TEST(To, TheSameDTypeIsTheSameTensor) {
  const Tensor x = zeros({2});
  EXPECT_EQ(x.to(DType::kF32).storage(), x.storage());
  EXPECT_EQ(x.to(kCpu).storage(), x.storage());
  EXPECT_NE(x.to(DType::kF64).storage(), x.storage());
}

TEST(Contiguous, IsTheTensorItselfWhereItIsDense) {
  const Tensor x = zeros({2, 3, 4, 5});
  EXPECT_EQ(x.contiguous().storage(), x.storage());
  const Tensor y = x.contiguous(Layout::kChannelsLast);
  EXPECT_NE(y.storage(), x.storage());
  EXPECT_EQ(y.strides(), Strides({60, 1, 15, 3}));
  EXPECT_EQ(y.contiguous(Layout::kChannelsLast).storage(), y.storage());
  expect_error<ShapeError>(
      [] {
        zeros({3, 4}).t().contiguous(Layout::kChannelsLast);
      },
      {"4 dimensions", "[4,3]"});
}

TEST(Clone, KeepsTheMemoryOrderOfDenseTensors) {
  const Tensor x = testing::values({2, 3, 4, 5});
  for (const auto& [layout, view] : testing::layouts_of(x)) {
    const Tensor copy = view.clone();
    testing::expect_identical(copy, x, layout);
    EXPECT_NE(copy.storage(), view.storage());
    EXPECT_EQ(copy.storage()->bytes(), copy.bytes()) << layout;
    EXPECT_TRUE(layout == "sliced" || copy.strides() == view.strides()) << layout;
  }
  EXPECT_TRUE(zeros({3}).expand({2, 3}).clone().is_contiguous());
  EXPECT_EQ(zeros({2, 3, 4}).permute({1, 2, 0}).clone().strides(), Strides({4, 1, 12}));
}

TEST(EmptyLike, NeverReachesBeyondItsMemory) {
  const Tensor x = zeros({4, 5, 6});
  for (const Tensor& view : {x.permute({2, 0, 1}), x.slice(1, 1, 4, 2), x.select(2, 3),
                             x.narrow(0, 1, 1), x.slice(0, 1, 2).slice(2, 5), x.slice(0, 4),
                             x.select(0, 0).unsqueeze(1).expand({5, 3, 6})}) {
    const Tensor like = empty_like(view, DType::kF64);
    EXPECT_EQ(like.shape(), view.shape());
    // The public constructor checks every element against the storage.
    EXPECT_NO_THROW(Tensor(like.storage(), like.shape(), like.strides(), 0, DType::kF64))
        << to_string(view.strides());
  }
}

TEST(Copy, BroadcastsAndConverts) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(x.copy_(from_vector<std::int64_t>({1, 2, 3})).to_vector<float>(),
            Floats({1, 2, 3, 1, 2, 3}));
  x.t().copy_(from_vector<double>({7, 8, 9}, Shape{3, 1}));
  EXPECT_EQ(x.to_vector<float>(), Floats({7, 8, 9, 7, 8, 9}));
  expect_error<ShapeError>([&] { x.copy_(zeros({2})); }, {"[copy_]", "[2,3]", "[2]"});
  expect_error<ShapeError>([&] { x.copy_(zeros({1, 2, 3})); }, {"[copy_]", "[2,3]", "[1,2,3]"});
}

TEST(Copy, AcrossAllPairsOfLayouts) {
  const Tensor x = testing::values({3, 4, 5, 6});
  for (const auto& [to_name, to] : testing::layouts_of(zeros(x.shape()))) {
    for (const auto& [from_name, from] : testing::layouts_of(x)) {
      to.fill_(0).copy_(from);
      testing::expect_identical(to, x, from_name + " to " + to_name);
    }
  }
}

/// Columns of a wider table, from a byte to more than the longest row that counts as short.
TEST(Copy, ColumnsOfEveryWidthAndNothingBesideThem) {
  Floats values(3 * 140);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<float>(i % 251);
  for (const DType dtype : {DType::kU8, DType::kBF16, DType::kF32, DType::kF64}) {
    for (std::int64_t width = 1; width < 140; ++width) {
      const Tensor x = from_vector(values, Shape{3, 140}).to(dtype);
      const Tensor to = full({3, 150}, 7, {.dtype = dtype});
      to.narrow(1, 5, width).copy_(x.narrow(1, 1, width));
      const Floats from = x.to(DType::kF32).to_vector<float>();
      const Floats found = to.to(DType::kF32).to_vector<float>();
      for (std::int64_t i = 0; i < 3 * 150; ++i) {
        const std::int64_t row = i / 150, column = i % 150 - 5;
        const bool inside = column >= 0 && column < width;
        const auto source = static_cast<std::size_t>(row * 140 + 1 + (inside ? column : 0));
        ASSERT_EQ(found[static_cast<std::size_t>(i)], inside ? from[source] : 7)
            << name(dtype) << " width " << width << " at " << row << ", " << column;
      }
    }
  }
}

TEST(Copy, ManyShortRowsOnEveryThread) {
  const Tensor x = arange(0, 20000 * 7, 1, {.dtype = DType::kI64}).reshape({20000, 7});
  const Tensor to = zeros({20000, 9}, {.dtype = DType::kI64});
  to.narrow(1, 1, 7).copy_(x);
  EXPECT_EQ(to.narrow(1, 1, 7).to_vector<std::int64_t>(), x.to_vector<std::int64_t>());
  for (const int edge : {0, 8}) {
    EXPECT_EQ(to.select(1, edge).to_vector<std::int64_t>(), Integers(20000, 0));
  }
}

TEST(Fill, WritesNothingBetweenTheElements) {
  const Tensor x = zeros({4, 4});
  x.slice(0, 1, 4, 2).slice(1, 0, 4, 2).fill_(1);
  EXPECT_EQ(x.to_vector<float>(), Floats({0, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 0, 1, 0}));
}

TEST(UndefinedTensor, IsRefusedEverywhere) {
  const Tensor none;
  EXPECT_FALSE(none.defined());
  EXPECT_EQ(none.numel(), 0);
  EXPECT_TRUE(none.to_vector<float>().empty());
  expect_error<ValueError>([&] { none.fill_(1); }, {"[fill_]", "undefined"});
  expect_error<ValueError>([&] { none.clone(); }, {"[clone]", "undefined"});
  expect_error<ValueError>([&] { none.copy_(zeros({1})); }, {"[copy_]", "undefined"});
  expect_error<ValueError>([&] { zeros({1}).copy_(none); }, {"[copy_]", "undefined"});
  expect_error<ValueError>([&] { none.to(DType::kF64); }, {"[to]", "undefined"});
  expect_error<ValueError>([&] { empty_like(none); }, {"[empty_like]", "undefined"});
}

}  // namespace
}  // namespace tenon
