// On the CPU, where everything is done before its call returns.
#include "tensor/stream.h"

#include <gtest/gtest.h>

#include "tensor/ops.h"

namespace tenon {
namespace {

TEST(Stream, IsThereOnTheCpuToo) {
  Stream stream(kCpu);
  EXPECT_EQ(stream.device(), kCpu);
  {
    const StreamScope on(stream);
    EXPECT_EQ((ones({2}) + 1).to_vector<float>(), (std::vector<float>{2, 2}));
  }
  stream.synchronize();
  synchronize(kCpu);
  EXPECT_EQ(host_waits(kCpu), 0);
}

TEST(Stream, WantsADeviceThatIsThere) {
  EXPECT_THROW(Stream({DeviceType::kCuda, 200}), DeviceError);
  EXPECT_THROW(Event({DeviceType::kCuda, 200}), DeviceError);
}

TEST(Event, IsDoneAtOnceOnTheCpu) {
  Event event(kCpu);
  EXPECT_TRUE(event.is_done());
  event.record();
  event.wait();
  event.synchronize();
  EXPECT_TRUE(event.is_done());
}

TEST(Event, MeasuresTime) {
  Event start(kCpu, true), end(kCpu, true);
  EXPECT_THROW(end.milliseconds_since(start), ValueError);  // neither was recorded
  start.record();
  end.record();
  EXPECT_GE(end.milliseconds_since(start), 0);
  Event plain(kCpu);
  plain.record();
  EXPECT_THROW(plain.milliseconds_since(start), ValueError);
}

TEST(PinnedMemory, IsOrdinaryMemoryOfTheCpu) {
  const Tensor from = empty_pinned({2, 3}, DType::kF32, kCpu);
  from.copy_(arange(0, 6, 1, {.dtype = DType::kF32}).reshape({2, 3}));
  const Tensor to = zeros({2, 3});
  copy_from_pinned(from, to);
  EXPECT_EQ(to.to_vector<float>(), from.to_vector<float>());
  EXPECT_EQ(empty_pinned({0}, DType::kI64, kCpu).numel(), 0);
}

TEST(PinnedMemory, RefusesWhatDoesNotFit) {
  const Tensor from = empty_pinned({2, 3}, DType::kF32, kCpu);
  EXPECT_THROW(copy_from_pinned(from, zeros({3, 2})), ShapeError);
  EXPECT_THROW(copy_from_pinned(from, zeros({2, 3}, {.dtype = DType::kF64})), DTypeError);
  EXPECT_THROW(copy_from_pinned(from, zeros({3, 2}).t()), ShapeError);
}

}  // namespace
}  // namespace tenon
