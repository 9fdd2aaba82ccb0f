#include "tensor/device.h"

#include <gtest/gtest.h>

#include "tensor/backend.h"
#include "tensor/build_info.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;

constexpr Device kCuda{DeviceType::kCuda, 0};

TEST(ParseDevice, ReadsEveryForm) {
  EXPECT_EQ(parse_device("cpu"), kCpu);
  EXPECT_EQ(parse_device("cuda"), kCuda);
  EXPECT_EQ(parse_device("cuda:0"), kCuda);
  EXPECT_EQ(parse_device("cuda:255"), (Device{DeviceType::kCuda, 255}));
}

TEST(ParseDevice, ReadsWhatToStringWrites) {
  for (const Device device : {kCpu, kCuda, Device{DeviceType::kCuda, 17}}) {
    EXPECT_EQ(parse_device(to_string(device)), device);
  }
}

TEST(ParseDevice, RefusesEverythingElse) {
  for (const char* text : {"", "CPU", "cpu:0", "gpu", "cuda:", "cuda:-1", "cuda:256", "cuda:1x",
                           "cuda: 1", "cuda0", "cuda:99999999999999999999"}) {
    expect_error<ValueError>([&] { parse_device(text); }, {"[device]", "cpu, cuda or cuda:N",
                                                           ("'" + std::string(text)).c_str()});
  }
}

TEST(Backend, TheCpuIsThere) {
  EXPECT_TRUE(is_available(kCpu));
  EXPECT_EQ(&allocator(), &backend(kCpu).allocator());
}

TEST(Backend, ThereIsOneCpu) {
  const Device second{DeviceType::kCpu, 1};
  EXPECT_FALSE(is_available(second));
  expect_error<DeviceError>([&] { backend(second); }, {"[device]", "one cpu device"});
}

// This test links no CUDA backend.
TEST(Backend, SaysThatABackendIsMissing) {
  EXPECT_FALSE(is_available(kCuda));
  expect_error<DeviceError>([] { zeros({2}, {.device = kCuda}); },
                            {"[device] cuda:0", "//tensor/cuda"});
  expect_error<DeviceError>([] { ones({2}).to(kCuda); }, {"[device] cuda:0", "//tensor/cuda"});
}

TEST(BuildInfo, SaysWhatRuns) {
  const BuildInfo info = build_info();
  EXPECT_EQ(info.threads, num_threads());
  const std::string text = to_string(info);
  for (const std::string& part :
       {info.compiler, info.compiled_for, info.matmul_kernels, info.onednn_version}) {
    EXPECT_FALSE(part.empty()) << text;
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }
}

TEST(SetNumThreads, TakesOneAndMore) {
  const testing::ThreadScope scope(3);
  EXPECT_EQ(num_threads(), 3);
  EXPECT_EQ(build_info().threads, 3);
  expect_error<ValueError>([] { set_num_threads(0); }, {"[set_num_threads]", "got 0"});
  EXPECT_EQ(num_threads(), 3);
}

}  // namespace
}  // namespace tenon
