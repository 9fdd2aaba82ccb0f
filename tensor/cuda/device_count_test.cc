#include "tensor/cuda/device_count.h"

#include <gtest/gtest.h>

#include "tensor/tensor.h"

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

TEST(DeviceCount, ATensorOnADeviceThatIsNotThereSaysTheSame) {
  const int count = cuda_device_count();
  const Device missing{DeviceType::kCuda, static_cast<std::uint8_t>(count)};
  EXPECT_FALSE(is_available(missing));
  try {
    zeros({2}, {.device = missing});
    FAIL() << "made a tensor on " << to_string(missing);
  } catch (const DeviceError& error) {
    const std::string message = error.what();
    EXPECT_NE(message.find(to_string(missing)), std::string::npos) << message;
    const std::string reason = count == 0 ? cuda_status() : "counted from 0";
    EXPECT_NE(message.find(reason), std::string::npos) << message;
  }
}

}  // namespace
}  // namespace tenon
