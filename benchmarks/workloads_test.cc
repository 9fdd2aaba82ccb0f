// The large workloads' tiny forms run on the CPU, and on a GPU, where their steps are captured: a
// step that waits for the device would be timed as it is, and nobody would notice.
#include "benchmarks/workloads.h"

#include <gtest/gtest.h>

#include "tensor/captured_step.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr Compute kComputes[] = {Compute::kF32, Compute::kBF16};

TEST(LargeWorkloads, RunOnTheCpu) {
  for (const Workload& workload : large_workloads(/*tiny=*/true)) {
    for (const Compute compute : kComputes) {
      EXPECT_NO_THROW(workload.prepare({.compute = compute})()) << workload.name;
    }
  }
}

TEST(LargeWorkloads, AreCapturedOnAGpu) {
  if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  for (const Workload& workload : large_workloads(/*tiny=*/true)) {
    for (const Compute compute : kComputes) {
      SCOPED_TRACE(workload.name);
      CapturedStep step(workload.prepare({.compute = compute, .device = kGpu}),
                        CapturedStepOptions{.device = kGpu});
      for (int i = 0; i < 4; ++i) step();
      EXPECT_TRUE(step.captured()) << step.reason();
    }
  }
}

/// Weights of the models, counted by hand: 12 D² a block for queries, keys, values, outputs and a
/// feed-forward part of 4 D, and the head's V D.
TEST(LargeWorkloads, CountTheirOperations) {
  const auto all = large_workloads(/*tiny=*/false);
  const double small = 12.0 * 12 * 768 * 768 + 50000.0 * 768;
  EXPECT_NEAR(all[0].flop, 32 * 1024 * (6 * small + 12.0 * 12 * 768 * 1024), 1e6);
  const double large = 24 * 12.0 * 2048 * 2048 + 50000.0 * 2048;
  EXPECT_NEAR(all[2].flop, 4 * 512 * (4 * large + 12.0 * 24 * 2048 * 512), 1e6);
  EXPECT_NEAR(all[4].bytes, 2 * large, 1);
  EXPECT_LT(all[5].bytes, 0.4 * all[4].bytes);
}

}  // namespace
}  // namespace tenon::benchmarks
