// Convolution, its gradients and pooling. %peak is the share of the rate at which oneDNN multiplies
// large f32 or bf16 matrices in the same run: what the processor could do at best with direct sums.
// Winograd's algorithm is credited with the operations of direct sums, which "direct" computes.
#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/testing/bench_util.h"

namespace tenon {
namespace {

double matmul_gflops(DType dtype) {
  static double known[kNumDTypes];
  double& rate = known[static_cast<int>(dtype)];
  if (rate > 0) return rate;
  const Tensor a = ones({1024, 1024}, {.dtype = dtype});
  const auto product = [&] { benchmark::DoNotOptimize(matmul(a, a)); };
  product();
  return rate = 2.147 / testing::fastest_seconds(20, product);
}

struct Setup {
  const char* name;
  Shape x, weight;
  Conv2dParams params;
};

const Setup kSetups[] = {
    {"lenet_grey", {64, 1, 28, 28}, {6, 1, 5, 5}, {.padding = {2, 2}}},
    {"lenet_colour", {64, 3, 32, 32}, {6, 3, 5, 5}, {}},
    {"lenet_conv2", {64, 6, 14, 14}, {16, 6, 5, 5}, {}},
    {"cifar_3_32", {64, 3, 32, 32}, {32, 3, 3, 3}, {.padding = {1, 1}}},
    {"cifar_3_64", {64, 3, 32, 32}, {64, 3, 3, 3}, {.padding = {1, 1}}},
    {"alexnet_conv1", {4, 3, 224, 224}, {64, 3, 11, 11}, {.stride = {4, 4}, .padding = {2, 2}}},
    {"resnet_stem", {4, 3, 224, 224}, {64, 3, 7, 7}, {.stride = {2, 2}, .padding = {3, 3}}},
    {"8_8", {64, 8, 32, 32}, {8, 8, 3, 3}, {.padding = {1, 1}}},
    {"3x3_16", {32, 16, 32, 32}, {16, 16, 3, 3}, {.padding = {1, 1}}},
    {"3x3_32", {32, 32, 16, 16}, {32, 32, 3, 3}, {.padding = {1, 1}}},
    {"3x3_64_small", {32, 64, 8, 8}, {64, 64, 3, 3}, {.padding = {1, 1}}},
    {"3x3_64", {32, 64, 32, 32}, {64, 64, 3, 3}, {.padding = {1, 1}}},
    {"3x3_256", {32, 256, 8, 8}, {256, 256, 3, 3}, {.padding = {1, 1}}},
    {"3x3_512", {64, 512, 4, 4}, {512, 512, 3, 3}, {.padding = {1, 1}}},
    {"3x3_24_64_odd", {100, 24, 31, 31}, {64, 24, 3, 3}, {.padding = {1, 1}}},
    {"3x3_64_odd", {100, 64, 15, 15}, {64, 64, 3, 3}, {.padding = {1, 1}}},
    {"3x3_64_256_odd", {100, 64, 15, 15}, {256, 64, 3, 3}, {.padding = {1, 1}}},
    {"3x3_256_7", {100, 256, 7, 7}, {256, 256, 3, 3}, {.padding = {1, 1}}},
    {"3x3_256_3", {200, 256, 3, 3}, {256, 256, 3, 3}, {.padding = {1, 1}}},
    {"3x3_stride", {64, 64, 32, 32}, {128, 64, 3, 3}, {.stride = {2, 2}, .padding = {1, 1}}},
    {"alexnet_conv2", {16, 64, 27, 27}, {192, 64, 5, 5}, {.padding = {2, 2}}},
    {"alexnet_conv3", {16, 192, 13, 13}, {384, 192, 3, 3}, {.padding = {1, 1}}},
    {"1x1_64_256", {16, 64, 32, 32}, {256, 64, 1, 1}, {}},
};

enum Pass {
  kForward,
  kForwardRelu,
  kForwardDirect,
  kInputGrad,
  kInputGradDirect,
  kWeightGrad,
  kWeightGradDirect
};

void BM_Conv2d(benchmark::State& state, const Setup& setup, Pass pass, DType dtype, Layout layout) {
  const Tensor x = ones(setup.x, {.dtype = dtype, .layout = layout});
  const Tensor weight = ones(setup.weight, {.dtype = dtype});
  const Tensor y = conv2d(x, weight, {}, setup.params);
  const double taps =
      static_cast<double>(numel(setup.weight)) / static_cast<double>(setup.weight[0]);
  const double gflop = 2e-9 * static_cast<double>(y.numel()) * taps;
  const NumericsScope numerics({.winograd = pass != kForwardDirect && pass != kInputGradDirect &&
                                            pass != kWeightGradDirect});
  testing::measure(state, "GFLOP/s", gflop, matmul_gflops(dtype), [&] {
    switch (pass) {
      case kForward:
      case kForwardDirect:
        return benchmark::DoNotOptimize(conv2d(x, weight, {}, setup.params));
      case kForwardRelu:
        return benchmark::DoNotOptimize(conv2d(x, weight, {}, setup.params, Activation::kRelu));
      case kInputGrad:
      case kInputGradDirect:
        return benchmark::DoNotOptimize(conv2d_input_grad(y, weight, setup.x, setup.params));
      case kWeightGrad:
      case kWeightGradDirect:
        return benchmark::DoNotOptimize(conv2d_weight_grad(y, x, setup.weight, setup.params));
    }
  });
}

/// GB/s of the image read, against nothing: pooling is small beside convolution.
void BM_MaxPool2d(benchmark::State& state) {
  const Tensor x = ones({64, 64, 32, 32}, {.layout = Layout::kChannelsLast});
  for (auto _ : state) benchmark::DoNotOptimize(max_pool2d(x, {}));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(x.bytes()));
}
BENCHMARK(BM_MaxPool2d)->UseRealTime();

const bool registered = [] {
  const auto add = [](const Setup& setup, const char* pass_name, Pass pass, DType dtype,
                      Layout layout, const char* layout_name) {
    const std::string name = std::string("BM_Conv2d/") + setup.name + "/" + pass_name + "/" +
                             std::string(tenon::name(dtype)) + layout_name;
    benchmark::RegisterBenchmark(name.c_str(), BM_Conv2d, setup, pass, dtype, layout)
        ->UseRealTime()
        ->Unit(benchmark::kMicrosecond);
  };
  for (const Setup& setup : kSetups) {
    for (const DType dtype : {DType::kF32, DType::kBF16}) {
      add(setup, "forward", kForward, dtype, Layout::kChannelsLast, "");
      add(setup, "forward", kForward, dtype, Layout::kRowMajor, "/row_major");
      add(setup, "forward_relu", kForwardRelu, dtype, Layout::kChannelsLast, "");
      add(setup, "forward_direct", kForwardDirect, dtype, Layout::kChannelsLast, "");
      add(setup, "input_grad", kInputGrad, dtype, Layout::kChannelsLast, "");
      add(setup, "input_grad_direct", kInputGradDirect, dtype, Layout::kChannelsLast, "");
      add(setup, "weight_grad", kWeightGrad, dtype, Layout::kChannelsLast, "");
      add(setup, "weight_grad_direct", kWeightGradDirect, dtype, Layout::kChannelsLast, "");
    }
  }
  return true;
}();

}  // namespace
}  // namespace tenon
