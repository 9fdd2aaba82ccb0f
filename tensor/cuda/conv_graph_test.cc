// That cuDNN takes the graphs of convolutions and has an engine for each, on GPUs that it is only
// told about: no device is needed. What the engines compute, the op table tests where there is one.
#include "tensor/cuda/conv_graph.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

#include "tensor/cuda/cudnn_plan.h"
#include "tensor/cuda/testing_devices.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

using Direction = Convolution::Direction;

class ConvolutionGraph : public ::testing::Test {
 protected:
  void SetUp() override {
    try {
      cudnn::library();
    } catch (const DeviceError& error) {
      GTEST_SKIP() << "skipped: " << error.what();
    }
  }
};

struct Case {
  Shape x, weight;
  Conv2dParams params;
};
const Case kCases[] = {
    {{32, 3, 224, 224}, {64, 3, 7, 7}, {.stride = {2, 2}, .padding = {3, 3}}},  // ResNet's first
    {{32, 64, 56, 56}, {64, 64, 3, 3}, {.padding = {1, 1}}},
    {{32, 64, 56, 56}, {128, 64, 1, 1}, {.stride = {2, 2}}},
    {{256, 3, 32, 32}, {6, 3, 5, 5}, {}},  // LeNet's two
    {{256, 6, 14, 14}, {16, 6, 5, 5}, {}},
    {{8, 16, 20, 12}, {24, 16, 3, 5}, {.padding = {2, 4}, .dilation = {2, 2}}},
    {{8, 16, 20, 20}, {32, 8, 3, 3}, {.padding = {1, 1}, .groups = 2}},
    {{8, 16, 20, 20}, {16, 1, 3, 3}, {.padding = {1, 1}, .groups = 16}},
    {{1, 1, 1, 50}, {1, 1, 1, 9}, {}},
};
constexpr DType kFloating[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16};

std::int64_t outputs(std::int64_t size, std::int64_t kernel, int stride, int pad, int dilation) {
  return (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
}

Convolution convolution(const Case& c, Direction direction, DType dtype) {
  const Conv2dParams& p = c.params;
  return {.direction = direction,
          .dtype = dtype,
          .x = c.x,
          .weight = c.weight,
          .y = {c.x[0], c.weight[0],
                outputs(c.x[2], c.weight[2], p.stride.first, p.padding.first, p.dilation.first),
                outputs(c.x[3], c.weight[3], p.stride.second, p.padding.second, p.dilation.second)},
          .params = p};
}

std::string name_of(const Convolution& c, const DescribedDevice& device) {
  return std::string(device.name) + " " + std::string(name(c.dtype)) + " direction " +
         std::to_string(static_cast<int>(c.direction)) + " x " + to_string(c.x) + " weight " +
         to_string(c.weight);
}

std::optional<cudnn::Plan> plan(const Convolution& c, const DescribedDevice& device,
                                const Numerics& numerics, std::string* reason) {
  const cudnn::Target target = cudnn::Target::described(device.json);
  cudnn::Graph graph = convolution_graph(c);
  graph.finish(target);
  return cudnn::make_plan(graph, target, cudnn::engine_rules(c.dtype, numerics), reason);
}

TEST_F(ConvolutionGraph, HasAnEngineThatRepeatsForEveryDirectionAndDtype) {
  for (const DescribedDevice& device : {a100(), h100()}) {
    for (const Case& each : kCases) {
      for (const DType dtype : kFloating) {
        for (const Direction direction :
             {Direction::kForward, Direction::kInputGrad, Direction::kWeightGrad}) {
          const Convolution c = convolution(each, direction, dtype);
          std::string reason;
          EXPECT_TRUE(plan(c, device, {.deterministic = true}, &reason))
              << name_of(c, device) << ": " << reason;
        }
      }
    }
  }
}

TEST_F(ConvolutionGraph, TakesBiasAndReluIntoTheKernel) {
  for (const DescribedDevice& device : {a100(), h100()}) {
    for (const Case& each : kCases) {
      for (const DType dtype : {DType::kF32, DType::kBF16, DType::kF16}) {
        for (const bool relu : {false, true}) {
          Convolution c = convolution(each, Direction::kForward, dtype);
          c.bias = true;
          c.relu = relu;
          std::string reason;
          EXPECT_TRUE(plan(c, device, {.tf32 = true}, &reason))
              << name_of(c, device) << (relu ? " relu: " : ": ") << reason;
        }
      }
    }
  }
}

TEST_F(ConvolutionGraph, RefusesShapesThatDoNotFit) {
  Convolution c = convolution(kCases[1], Direction::kForward, DType::kBF16);
  c.y[1] += 8;
  std::string reason;
  EXPECT_THROW(plan(c, h100(), {}, &reason), DeviceError);
}

TEST_F(ConvolutionGraph, RefusesADeviceWithoutProperties) {
  EXPECT_THROW(cudnn::Target::described("{}"), DeviceError);
}

TEST(ConvolutionKey, TellsConvolutionsApart) {
  const Convolution c = convolution(kCases[1], Direction::kForward, DType::kBF16);
  Convolution other = c;
  EXPECT_EQ(other.key(), c.key());
  other.params.dilation.second = 2;
  EXPECT_NE(other.key(), c.key());
  other = c;
  other.relu = true;
  EXPECT_NE(other.key(), c.key());
  other = c;
  other.weight = {64, 64, 1, 1};
  EXPECT_NE(other.key(), c.key());
}

}  // namespace
}  // namespace tenon::cuda
