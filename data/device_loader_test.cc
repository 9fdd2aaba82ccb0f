// On the CPU, and on the machine's GPU or an emulated one.
#include "data/device_loader.h"

#include <gtest/gtest.h>

#include <vector>

#include "data/tensor_dataset.h"
#include "tensor/ops.h"
#include "tensor/stream.h"

namespace tenon::data {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};

TensorDataset numbered(std::int64_t count) {
  const Tensor rows = arange(0, static_cast<double>(3 * count), 1, {.dtype = DType::kF32});
  return TensorDataset(rows.reshape({count, 3}), arange(0, static_cast<double>(count)));
}

class DeviceLoaderOn : public ::testing::TestWithParam<Device> {
 protected:
  void SetUp() override {
    if (!is_available(GetParam())) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

TEST_P(DeviceLoaderOn, HandsOutTheLoadersBatches) {
  const TensorDataset set = numbered(23);
  const DataLoaderOptions options{.batch_size = 5, .shuffle = true, .seed = 3, .workers = 1};
  DataLoader plain(set, options), source(set, options);
  DeviceLoader loader(source, GetParam());
  EXPECT_EQ(loader.device(), GetParam());
  for (int epoch = 0; epoch < 3; ++epoch) {
    auto wanted = plain.begin();
    int count = 0;
    for (const Batch& batch : loader) {
      EXPECT_EQ(batch.inputs.device(), GetParam());
      EXPECT_EQ(batch.targets.device(), GetParam());
      EXPECT_EQ(batch.inputs.to(kCpu).to_vector<float>(), wanted->inputs.to_vector<float>());
      EXPECT_EQ(batch.targets.to(kCpu).to_vector<std::int64_t>(),
                wanted->targets.to_vector<std::int64_t>());
      EXPECT_EQ(batch.indices.to_vector<std::int64_t>(), wanted->indices.to_vector<std::int64_t>());
      EXPECT_EQ(source.state(), plain.state());
      ++wanted;
      ++count;
    }
    EXPECT_EQ(count, 5);
  }
}

TEST_P(DeviceLoaderOn, LeavesBatchesThatAreKeptAlone) {
  const TensorDataset set = numbered(12);
  DataLoader source(set, {.batch_size = 4});
  DeviceLoader loader(source, GetParam());
  std::vector<Batch> kept;
  for (const Batch& batch : loader) kept.push_back(batch);
  for (std::size_t i = 0; i < kept.size(); ++i) {
    EXPECT_EQ(kept[i].inputs.to(kCpu).item<float>({0, 0}), static_cast<float>(12 * i));
  }
}

TEST_P(DeviceLoaderOn, StartsAnEpochAgainThatWasLeft) {
  const TensorDataset set = numbered(12);
  DataLoader source(set, {.batch_size = 4});
  DeviceLoader loader(source, GetParam());
  for (int i = 0; i < 2; ++i) {
    for (const Batch& batch : loader) {
      EXPECT_EQ(batch.targets.to(kCpu).item<std::int64_t>({0}), 0);
      break;
    }
  }
  EXPECT_EQ(source.state(), (LoaderState{.epoch = 0, .batch = 1}));
}

INSTANTIATE_TEST_SUITE_P(Devices, DeviceLoaderOn, ::testing::Values(kCpu, kGpu),
                         [](const auto& info) { return info.param.is_cpu() ? "cpu" : "cuda"; });

TEST(DeviceLoader, WantsADeviceThatIsThere) {
  const TensorDataset set = numbered(2);
  DataLoader source(set, {.batch_size = 1});
  EXPECT_THROW(DeviceLoader(source, {DeviceType::kCuda, 200}), DeviceError);
}

}  // namespace
}  // namespace tenon::data
