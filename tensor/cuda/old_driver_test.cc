// A machine whose driver is older than the program.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <string>

#include "tensor/cuda/device_count.h"
#include "tensor/tensor.h"

namespace tenon {
namespace {

TEST(OldDriver, IsNamedWithBothVersions) {
  // What is loaded under a library's name is found by that name.
  ASSERT_NE(dlopen("tensor/cuda/libcuda.so.1", RTLD_NOW | RTLD_GLOBAL), nullptr) << dlerror();
  const std::string status = cuda_status();
  EXPECT_EQ(status.find("no CUDA device: the driver is one for CUDA 11.4, and this program wants "),
            0u)
      << status;
  EXPECT_EQ(cuda_device_count(), 0);
  try {
    zeros({2}, {.device = {DeviceType::kCuda, 0}});
    FAIL();
  } catch (const DeviceError& error) {
    EXPECT_NE(std::string(error.what()).find(status), std::string::npos) << error.what();
  }
}

}  // namespace
}  // namespace tenon
