#include "tensor/cuda/device_count.h"

#include <gtest/gtest.h>

namespace tenon {
namespace {

TEST(DeviceCount, StatusSaysWhichOfTheTwoIsMissing) {
  const std::string status = cuda_status();
  if (cuda_device_count() > 0) {
    EXPECT_EQ(status.find(std::to_string(cuda_device_count()) + " CUDA device"), 0u) << status;
    return;
  }
  const bool no_toolkit = status.find("built without CUDA") == 0;
  const bool no_device = status.find("no CUDA device: ") == 0;
  EXPECT_NE(no_toolkit, no_device) << status;
}

}  // namespace
}  // namespace tenon
