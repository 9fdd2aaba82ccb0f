// A kernel that reads where no memory is, on a GPU, which is lost to the process that did it: each
// test has one of its own.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <string>

#include "tensor/ops.h"
#include "tensor/stream.h"

namespace tenon {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};

class KernelFault : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
    GTEST_FLAG_SET(death_test_style, "threadsafe");  // a fork would not have the device
  }
};

/// Ends the process with 0 once a DeviceError has come, its message on standard error.
[[noreturn]] void add_nowhere() {
  void* nowhere = reinterpret_cast<void*>(std::uintptr_t{1} << 20);
  const Tensor x(Storage::borrow(nowhere, 4096, kGpu, nullptr), {1024}, {1}, 0, DType::kF32);
  try {
    const Tensor y = add(x, x);
    synchronize(kGpu);
  } catch (const DeviceError& error) {
    std::fprintf(stderr, "%s\n", error.what());
    std::_Exit(0);
  }
  std::_Exit(1);
}

TEST_F(KernelFault, IsReportedWhenTheHostWaits) {
  EXPECT_EXIT(add_nowhere(), ::testing::ExitedWithCode(0),
              "\\[synchronize\\] expected cuda:0 to do it, got cudaError");
}

TEST_F(KernelFault, NamesTheOperationWhereEachIsWaitedFor) {
  EXPECT_EXIT(
      {
        setenv("TENON_CUDA_SYNC", "1", 1);
        add_nowhere();
      },
      ::testing::ExitedWithCode(0), "\\[binary\\] expected cuda:0 to do it, got cudaError");
}

}  // namespace
}  // namespace tenon
