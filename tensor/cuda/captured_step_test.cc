// Captured steps on a GPU, or on an emulated one: recordings, replays, and what breaks them off.
#include "tensor/captured_step.h"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/ops/dropout.h"
#include "tensor/ops/optimizer.h"
#include "tensor/random.h"
#include "tensor/stream.h"

namespace tenon {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr TensorOptions kOnGpu{.device = kGpu};

class CapturedStepOnGpu : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

std::vector<float> numbers(const Tensor& x) { return x.to(kCpu).to_vector<float>(); }
std::vector<float> both(double value) { return std::vector<float>(2, static_cast<float>(value)); }
Tensor two(double value) { return full({2}, value, kOnGpu); }

TEST_F(CapturedStepOnGpu, ReplaysWithNewInputs) {
  const Tensor total = zeros({2}, kOnGpu);
  int calls = 0;
  CapturedStep step([&](const Tensor& x) {
    ++calls;
    const Tensor square = x * x;
    total.copy_(total + square);
    return square + 1;
  });
  double wanted = 0;
  for (int i = 1; i <= 8; ++i) {
    EXPECT_EQ(numbers(step(two(i))), both(i * i + 1)) << i;
    wanted += i * i;
    EXPECT_EQ(numbers(total), both(wanted)) << i;
    EXPECT_EQ(step.captured(), i > 2) << step.reason();
  }
  EXPECT_EQ(calls, 3);  // twice as it is, once recorded
  EXPECT_EQ(step.recordings(), 1);
  EXPECT_EQ(step.replays(), 5);
}

TEST_F(CapturedStepOnGpu, TakesInputsOfTheCpu) {
  CapturedStep step([](const Tensor& x) { return x + 1; }, {.device = kGpu, .warmup = 0});
  for (int i = 0; i < 3; ++i) {
    const Tensor y = step(full({2}, i));
    EXPECT_EQ(y.device(), kGpu);
    EXPECT_EQ(numbers(y), both(i + 1));
    EXPECT_TRUE(step.captured());
  }
}

TEST_F(CapturedStepOnGpu, RecordsEachShapeOnceAndForgetsTheOldest) {
  CapturedStep step([](const Tensor& x) { return sum(x); }, {.warmup = 1, .most_recordings = 2});
  const auto run = [&](std::int64_t size) {
    return step(ones({size}, kOnGpu)).to(kCpu).item<float>();
  };
  for (int round = 0; round < 3; ++round) {
    for (const std::int64_t size : {3, 5}) EXPECT_EQ(run(size), static_cast<float>(size));
  }
  EXPECT_EQ(step.recordings(), 2);
  EXPECT_EQ(step.replays(), 2);
  for (int round = 0; round < 2; ++round) EXPECT_EQ(run(7), 7);
  EXPECT_EQ(step.recordings(), 3);
  EXPECT_EQ(run(3), 3);  // the oldest, which is gone
  EXPECT_FALSE(step.captured());
}

TEST_F(CapturedStepOnGpu, KeepsItsMemoryToItself) {
  CapturedStep step(
      [](const Tensor& x) {
        Tensor y = x;
        for (int i = 0; i < 10; ++i) y = y * 2 + 1;
        return y;
      },
      {.warmup = 0});
  for (int i = 0; i < 4; ++i) {
    std::vector<Tensor> others;
    for (int k = 0; k < 30; ++k) others.push_back(two(-7));
    EXPECT_EQ(numbers(step(two(i))), both(1024 * i + 1023));
    for (const Tensor& other : others) EXPECT_EQ(numbers(other), both(-7));
    allocator(kGpu).release_cached();
  }
}

TEST_F(CapturedStepOnGpu, KeepsWhatItReadsWhenOthersLetGo) {
  Tensor constant = two(3);
  CapturedStep step(
      [&](const Tensor& x) {
        const Tensor y = x * constant;
        constant = Tensor();  // freed while the step is recorded
        return y;
      },
      {.warmup = 0});
  EXPECT_EQ(numbers(step(two(2))), both(6));
  std::vector<Tensor> others;
  for (int k = 0; k < 30; ++k) others.push_back(two(-7));
  EXPECT_EQ(numbers(step(two(5))), both(15));
}

TEST_F(CapturedStepOnGpu, SaysWhatCannotBeRecordedAndDoesItOnce) {
  const Tensor count = zeros({2}, kOnGpu);
  float seen = 0;
  CapturedStep step(
      [&](const Tensor& x) {
        count.copy_(count + x);
        seen = count.to(kCpu).item<float>({0});
        count.copy_(count + x);
        return count + 0;
      },
      {.warmup = 1});
  for (int i = 1; i <= 5; ++i) {
    EXPECT_EQ(numbers(step(two(1))), both(2 * i));
    EXPECT_EQ(seen, static_cast<float>(2 * i - 1));
    EXPECT_FALSE(step.captured());
  }
  EXPECT_EQ(step.reason(), "a copy to the host");
  EXPECT_EQ(step.recordings(), 0);
}

TEST_F(CapturedStepOnGpu, NamesOtherReasons) {
  const Tensor on_host = ones({2});
  const auto reason_of = [](auto fn) {
    CapturedStep step(fn, {.device = kGpu, .warmup = 0});
    step();
    return step.reason();
  };
  EXPECT_EQ(reason_of([&] { return on_host.to(kGpu); }), "a copy from the host");
  EXPECT_EQ(reason_of([] { synchronize(kGpu); }), "synchronize");
  if (const Device second{DeviceType::kCuda, 1}; is_available(second)) {
    EXPECT_EQ(reason_of([&] { return two(1).to(second); }), "a copy between devices");
  }
  EXPECT_EQ(reason_of([] {
              const Stream side(kGpu);
              const StreamScope on(side);
            }),
            "another stream");
  EXPECT_EQ(reason_of([] {
              Event event(kGpu);
              event.record();
            }),
            "an event");
  EXPECT_EQ(reason_of([] { return all_finite(two(1)) ? two(1) : two(2); }), "all_finite");
}

TEST_F(CapturedStepOnGpu, DoesWhatCameBeforeAnError) {
  const Tensor count = zeros({2}, kOnGpu);
  CapturedStep step(
      [&](const Tensor& x) {
        count.copy_(count + x);
        return x.reshape({7});
      },
      {.warmup = 0});
  for (int i = 1; i <= 3; ++i) {
    EXPECT_THROW(step(two(1)), ShapeError);
    EXPECT_EQ(numbers(count), both(i));
  }
  EXPECT_FALSE(is_recording_step());
}

TEST_F(CapturedStepOnGpu, DrawsNewNumbersInEachStep) {
  Generator here(3), there(3);
  const auto draw = [](const Tensor& x, Generator& generator) {
    const Tensor noise = rand(x.shape(), generator, x.options());
    return dropout(x + noise, 0.5, generator).first + randn(x.shape(), generator, x.options());
  };
  CapturedStep step([&](const Tensor& x) { return draw(x, there); }, {.warmup = 1});
  const Tensor x = ones({37}, kOnGpu);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(numbers(step(x)), numbers(draw(x, here))) << i;
    EXPECT_EQ(there.offset(), here.offset());
  }
  EXPECT_TRUE(step.captured());
}

TEST_F(CapturedStepOnGpu, TakesNewNumbersOfTheHost) {
  const Tensor weight = zeros({2}, kOnGpu);
  double rate = 1;
  CapturedStep step(
      [&](const Tensor& grad) {
        each_step([&rate, weight, grad] {
          optimizer_update_({.parameters = {&weight, 1}, .grads = {&grad, 1}}, SgdStep{.lr = rate});
          rate *= 2;
        });
      },
      {.warmup = 1});
  double wanted = 0;
  for (int i = 0; i < 6; ++i) {
    wanted -= rate;
    step(two(1));
    EXPECT_EQ(numbers(weight), both(wanted)) << i;
  }
  EXPECT_EQ(step.replays(), 4);
}

TEST_F(CapturedStepOnGpu, GivesPartsTheirMemoryAgain) {
  const Tensor out = zeros({2}, kOnGpu);
  double number = 1;
  CapturedStep step(
      [&] {
        each_step([&] {
          const Tensor made = matmul(full({2, 2}, number, kOnGpu), full({2, 1}, 1, kOnGpu));
          out.copy_(made.reshape({2}) + 1);
          number += 1;
        });
        return out * 2;
      },
      {.device = kGpu, .warmup = 0});
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(numbers(step()), both(2 * (2 * i + 1))) << i;
}

TEST_F(CapturedStepOnGpu, RefusesAPartThatChanges) {
  int times = 1;
  std::int64_t size = 2;
  CapturedStep step(
      [&] {
        each_step([&] {
          const Tensor x = zeros({size}, kOnGpu);
          for (int i = 0; i < times; ++i) x.fill_(i);
        });
      },
      {.device = kGpu, .warmup = 0});
  step();
  step();
  for (const int other : {0, 2}) {
    times = other;
    EXPECT_THROW(step(), ValueError);
  }
  times = 1;
  size = 3000;
  EXPECT_THROW(step(), ValueError);
  size = 2;
  step();
  EXPECT_TRUE(step.captured());
}

TEST_F(CapturedStepOnGpu, RunsWithinAnotherAsAPartOfIt) {
  CapturedStep inner([](const Tensor& x) { return x + 1; }, {.warmup = 0});
  CapturedStep outer([&](const Tensor& x) { return inner(x) * 2; }, {.warmup = 0});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(numbers(outer(two(i))), both(2 * (i + 1)));
  EXPECT_TRUE(outer.captured());
  EXPECT_FALSE(inner.captured());
}

TEST_F(CapturedStepOnGpu, ReportsAnIndexOutOfRangeWhenTheHostWaits) {
  const Tensor table = ones({3, 2}, kOnGpu);
  CapturedStep step([&](const Tensor& index) { return index_select(table, 0, index); },
                    {.warmup = 0});
  const auto at = [&](std::int64_t i) { return step(from_vector<std::int64_t>({0, i}).to(kGpu)); };
  at(2);
  synchronize(kGpu);
  at(5);
  EXPECT_THROW(synchronize(kGpu), IndexError);
  EXPECT_EQ(numbers(at(1)), (std::vector<float>(4, 1)));
}

TEST_F(CapturedStepOnGpu, WaitsForNothing) {
  CapturedStep step([](const Tensor& x) { return x * 2; }, {.warmup = 1});
  const Tensor x = two(1);
  for (int i = 0; i < 3; ++i) step(x);
  const std::int64_t before = host_waits(kGpu);
  for (int i = 0; i < 10; ++i) step(x);
  EXPECT_EQ(host_waits(kGpu), before);
}

TEST_F(CapturedStepOnGpu, GivesItsMemoryBack) {
  const Tensor x = ones({1000}, kOnGpu);
  const std::int64_t before = allocator(kGpu).stats().live_bytes;
  {
    CapturedStep step([](const Tensor& x) { return x * 2; }, {.warmup = 0});
    step(x);
    EXPECT_GT(allocator(kGpu).stats().live_bytes, before);
    step.reset();
    EXPECT_FALSE(step.captured());
    EXPECT_EQ(allocator(kGpu).stats().live_bytes, before);
    step(x);
  }
  EXPECT_EQ(allocator(kGpu).stats().live_bytes, before);
}

}  // namespace
}  // namespace tenon
