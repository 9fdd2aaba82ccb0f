#include "tensor/storage.h"

#include <gtest/gtest.h>

#include "tensor/testing/check.h"

namespace tenon {
namespace {

using internal::IntrusivePtr;
using testing::expect_error;

class CountedOwner final : public StorageOwner {
 public:
  explicit CountedOwner(int* ended) : ended_(ended) {}
  ~CountedOwner() override { ++*ended_; }

 private:
  int* ended_;
};

TEST(Storage, AllocatesAligned) {
  for (const std::size_t bytes : {0, 1, 63, 64, 65, 4097}) {
    const auto storage = Storage::allocate(bytes, kCpu);
    EXPECT_EQ(storage->bytes(), bytes);
    EXPECT_EQ(storage->device(), kCpu);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(storage->data()) % 64, 0u);
  }
}

TEST(Storage, BorrowedMemoryKeepsItsOwnerAlive) {
  int ended = 0;
  float memory[6] = {0, 1, 2, 3, 4, 5};
  Tensor view;
  {
    const auto storage = Storage::borrow(memory, sizeof memory, kCpu,
                                         IntrusivePtr<StorageOwner>(new CountedOwner(&ended)));
    view = Tensor(storage, {2, 2}, {2, 1}, 1, DType::kF32).t();
  }
  EXPECT_EQ(ended, 0);
  EXPECT_EQ(view.to_vector<float>(), std::vector<float>({1, 3, 2, 4}));
  EXPECT_EQ(view.data<float>(), memory + 1);
  view = Tensor();
  EXPECT_EQ(ended, 1);
}

TEST(Storage, CountsTheTensorsThatShareIt) {
  const Tensor x = zeros({2, 3});
  EXPECT_EQ(x.storage()->use_count(), 1u);
  {
    const Tensor view = x.t(), copy = x;
    EXPECT_EQ(x.storage()->use_count(), 3u);
    EXPECT_EQ(view.storage(), copy.storage());
  }
  EXPECT_EQ(x.storage()->use_count(), 1u);
  EXPECT_NE(x.clone().storage(), x.storage());
}

TEST(Storage, WritesInPlaceBumpTheVersionForEveryView) {
  const Tensor x = zeros({2, 3});
  const Tensor view = x.t();
  const std::uint32_t before = x.storage()->version();
  view.fill_(1);
  EXPECT_EQ(x.storage()->version(), before + 1);
  x.select(0, 1).copy_(ones({3}));
  EXPECT_EQ(view.storage()->version(), before + 2);
}

TEST(Storage, ViewsMustLieInside) {
  const auto storage = Storage::allocate(24, kCpu);
  const auto view = [&](const Shape& shape, const Strides& strides, std::int64_t offset) {
    return Tensor(storage, shape, strides, offset, DType::kF32);
  };
  EXPECT_EQ(view({2, 3}, {3, 1}, 0).numel(), 6);
  EXPECT_EQ(view({5}, {0}, 5).numel(), 5);
  EXPECT_EQ(view({0}, {1}, 6).numel(), 0);
  const auto expect_outside = [&](const Shape& shape, const Strides& strides, std::int64_t offset) {
    expect_error<ShapeError>([&] { view(shape, strides, offset); },
                             {"[tensor]", "storage of 6", to_string(shape).c_str()});
  };
  expect_outside({2, 3}, {3, 1}, 1);
  expect_outside({7}, {1}, 0);
  expect_outside({2}, {6}, 0);
  expect_outside({1}, {1}, -1);
  expect_outside({2}, {-1}, 0);  // a negative step leaves at the front
  expect_outside({2}, {INT64_MAX}, 1);
  expect_outside({3, 3}, {INT64_MAX / 2, INT64_MAX / 2}, 0);
  expect_error<ShapeError>([&] { view({2, 3}, {1}, 0); }, {"[tensor]", "[2,3]", "[1]"});
}

}  // namespace
}  // namespace tenon
