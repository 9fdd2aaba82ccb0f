// Views of parts: they see the same elements, and refuse what does not fit. What values they hold
// in every dtype and layout is tested through autograd's table of operations.
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;
using Floats = std::vector<float>;

Tensor counted(const Shape& shape) {
  return arange(0, static_cast<double>(numel(shape)), 1, {}).reshape(shape);
}

TEST(Split, PartsAreViews) {
  const Tensor x = counted({5, 2});
  const std::vector<Tensor> parts = x.split(2);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[2].to_vector<float>(), Floats({8, 9}));
  parts[1].fill_(-1);
  EXPECT_EQ(x.to_vector<float>(), Floats({0, 1, 2, 3, -1, -1, -1, -1, 8, 9}));
  for (const Tensor& part : parts) EXPECT_EQ(part.storage(), x.storage());
}

TEST(Split, BySizes) {
  const std::vector<Tensor> parts = counted({2, 5}).split({1, 0, 4}, -1);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[0].to_vector<float>(), Floats({0, 5}));
  EXPECT_EQ(parts[1].shape(), Shape({2, 0}));
  EXPECT_EQ(parts[2].to_vector<float>(), Floats({1, 2, 3, 4, 6, 7, 8, 9}));
  EXPECT_EQ(zeros({0, 2}).split(std::vector<std::int64_t>{}, 0).size(), 0u);
}

TEST(Split, RefusesWhatDoesNotFit) {
  const Tensor x = counted({2, 3});
  expect_error<ShapeError>([&] { x.split({INT64_MAX, INT64_MAX}, 1); }, {"[split]", "[2,3]"});
  expect_error<ValueError>([&] { x.split(-1); }, {"[split]", "-1"});
  expect_error<ShapeError>([] { scalar(1).split(1); }, {"[split]", "0-d"});
}

// torch.chunk: ceil(5 / 4) = 2 rows each, so three parts.
TEST(Chunk, HasAtMostTheCount) {
  const std::vector<Tensor> parts = counted({5}).chunk(4);
  ASSERT_EQ(parts.size(), 3u);
  EXPECT_EQ(parts[2].to_vector<float>(), Floats({4}));
  EXPECT_EQ(zeros({0, 3}).chunk(2).size(), 2u);
  expect_error<ShapeError>([] { scalar(1).chunk(1); }, {"[chunk]", "0-d"});
}

TEST(Diagonal, IsAView) {
  const Tensor x = counted({3, 4});
  x.diagonal(1).fill_(0);
  EXPECT_EQ(x.to_vector<float>(), Floats({0, 0, 2, 3, 4, 5, 0, 7, 8, 9, 10, 0}));
  EXPECT_EQ(x.diagonal(INT64_MAX).numel(), 0);
  EXPECT_EQ(x.diagonal(INT64_MIN).numel(), 0);
}

TEST(Unflatten, IsAViewOfAnyStrides) {
  const Tensor x = counted({2, 6}).t();
  const Tensor y = x.unflatten(0, {3, 2});
  EXPECT_EQ(y.storage(), x.storage());
  EXPECT_EQ(y.shape(), Shape({3, 2, 2}));
  EXPECT_EQ(y.to_vector<float>(), x.to_vector<float>());
  expect_error<ShapeError>([&] { x.unflatten(0, {INT64_MAX, 2}); }, {"[unflatten]", "[6,2]"});
  expect_error<ShapeError>([&] { x.unflatten(0, {-1, 0}); }, {"[unflatten]", "[-1,0]"});
  expect_error<ShapeError>([] { scalar(1).unflatten(0, {1}); }, {"[unflatten]", "0-d"});
}

TEST(Movedim, IsAView) {
  const Tensor x = zeros({2, 3, 4, 5});
  EXPECT_EQ(x.movedim(1, -1).shape(), Shape({2, 4, 5, 3}));
  EXPECT_EQ(x.movedim(3, 1).shape(), Shape({2, 5, 3, 4}));
  EXPECT_EQ(x.movedim(3, 1).storage(), x.storage());
  EXPECT_EQ(scalar(1).movedim(0, -1).ndim(), 0);
}

TEST(ToLayout, ReordersImages) {
  const Tensor x = testing::values({2, 3, 4, 5});
  const Tensor y = x.to(Layout::kChannelsLast);
  EXPECT_TRUE(y.is_contiguous(Layout::kChannelsLast));
  testing::expect_identical(y, x);
  EXPECT_EQ(y.to(Layout::kChannelsLast).storage(), y.storage());
  EXPECT_TRUE(y.to(Layout::kRowMajor).is_contiguous());
  expect_error<ShapeError>([] { zeros({2, 3}).to(Layout::kChannelsLast); }, {"[to]", "4 dim"});
}

}  // namespace
}  // namespace tenon
