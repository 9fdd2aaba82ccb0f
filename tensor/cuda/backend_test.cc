// What the op table does not hold, on a GPU against the CPU: random numbers, optimizers, norms of
// many tensors, moves between devices, errors. Runs on emulated devices too.
#include "tensor/backend.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <string>
#include <vector>

#include "tensor/cuda/fallback.h"
#include "tensor/error.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/ops/dropout.h"
#include "tensor/ops/optimizer.h"
#include "tensor/random.h"
#include "tensor/stream.h"
#include "tensor/tensor.h"

namespace tenon {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr Device kSecond{DeviceType::kCuda, 1};
constexpr DType kFloating[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16};

class CudaBackend : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

std::vector<double> numbers(const Tensor& x) {
  return x.to(kCpu).to(DType::kF64).to_vector<double>();
}

Tensor draw(Distribution distribution, double a, double b, DType dtype, Device device) {
  const Tensor out = empty({1023}, {.dtype = dtype, .device = device});
  backend(device).random({.distribution = distribution, .seed = 7, .offset = 11, .a = a, .b = b},
                         out);
  return out;
}

TEST_F(CudaBackend, DrawsTheCpusNumbers) {
  for (const DType dtype : kFloating) {
    EXPECT_EQ(numbers(draw(Distribution::kUniform, -1, 3, dtype, kGpu)),
              numbers(draw(Distribution::kUniform, -1, 3, dtype, kCpu)));
    EXPECT_EQ(numbers(draw(Distribution::kBernoulli, 0.3, 0, dtype, kGpu)),
              numbers(draw(Distribution::kBernoulli, 0.3, 0, dtype, kCpu)));
  }
  EXPECT_EQ(numbers(draw(Distribution::kRandint, -5, 1000, DType::kI64, kGpu)),
            numbers(draw(Distribution::kRandint, -5, 1000, DType::kI64, kCpu)));
  const auto here = numbers(draw(Distribution::kNormal, 1, 2, DType::kF32, kCpu));
  const auto there = numbers(draw(Distribution::kNormal, 1, 2, DType::kF32, kGpu));
  for (std::size_t i = 0; i < here.size(); ++i) EXPECT_NEAR(there[i], here[i], 1e-5);
}

TEST_F(CudaBackend, DropsWhatTheCpuDrops) {
  for (const DType dtype : kFloating) {
    for (const std::int64_t count : {1, 4, 1027}) {
      Generator first(3), second(3);
      const Tensor x = rand({count}, first).to(dtype);
      rand({count}, second);
      const auto [y, mask] = dropout(x, 0.4, first);
      const auto [y_gpu, mask_gpu] = dropout(x.to(kGpu), 0.4, second);
      EXPECT_EQ(numbers(mask_gpu), numbers(mask));
      EXPECT_EQ(numbers(y_gpu), numbers(y));
    }
  }
}

const UpdateRule kRules[] = {
    SgdStep{.lr = 0.1},
    SgdStep{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01},
    AdagradStep{.lr = 0.1, .eps = 1e-10},
    AdadeltaStep{.lr = 1, .rho = 0.9, .eps = 1e-6},
    RmspropStep{.lr = 0.01, .alpha = 0.99, .eps = 1e-8, .momentum = 0.9, .centered = true},
    AdamStep{.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.01},
    AdamStep{.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .amsgrad = true},
    AdamaxStep{.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8},
    NadamStep{.lr = 1e-3,
              .grad_rate = 1e-3,
              .moment_rate = 1e-2,
              .beta1 = 0.9,
              .beta2 = 0.999,
              .eps = 1e-8},
    RadamStep{.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 9},
    LionStep{.lr = 1e-3, .beta1 = 0.9, .beta2 = 0.99},
    AverageStep{.decay = 0.99},
    ScaleStep{.factor = 0.5},
    ClampStep{.limit = 0.5},
};

/// Parameters after three updates: more tensors than one launch takes, one of them empty, one of
/// several chunks, one that begins at an odd element.
std::vector<std::vector<double>> updated(const UpdateRule& rule, DType dtype, Device device) {
  Generator generator(5);
  const auto random = [&](std::int64_t count) {
    return sub(rand({count}, generator), 0.5).to(dtype).to(device);
  };
  std::vector<Tensor> parameters, grads;
  for (int i = 0; i < 40; ++i) {
    const std::int64_t count = i == 7 ? 0 : i == 9 ? 9001 : 3 + i;
    parameters.push_back(i == 11 ? random(count + 1).slice(0, 1) : random(count));
    grads.push_back(random(count));
  }
  std::vector<std::vector<Tensor>> states(static_cast<std::size_t>(state_count(rule)));
  for (auto& list : states) {
    for (const Tensor& parameter : parameters) list.push_back(zeros_like(parameter));
  }
  for (int step = 0; step < 3; ++step) {
    optimizer_update_(
        {.parameters = parameters, .grads = grads, .states = states, .grad_scale = 0.5}, rule);
  }
  std::vector<std::vector<double>> result;
  for (const Tensor& parameter : parameters) result.push_back(numbers(parameter));
  return result;
}

TEST_F(CudaBackend, UpdatesParametersAsTheCpuDoes) {
  for (const UpdateRule& rule : kRules) {
    for (const DType dtype : {DType::kF32, DType::kF64, DType::kBF16}) {
      EXPECT_EQ(updated(rule, dtype, kGpu), updated(rule, dtype, kCpu)) << rule.index();
    }
  }
}

TEST_F(CudaBackend, TakesTheNormOfManyTensors) {
  std::vector<Tensor> here, there;
  for (const std::int64_t count : {5, 0, 70000, 1}) {
    Generator generator(static_cast<std::uint64_t>(count));
    here.push_back(randn({count}, generator));
    there.push_back(here.back().to(kGpu));
  }
  for (const Norm norm : {Norm::kL1, Norm::kL2, Norm::kMax}) {
    const double wanted = total_norm(here, norm);
    EXPECT_NEAR(total_norm(there, norm), wanted, 1e-9 * wanted);
  }
  there[0].fill_(NAN);
  EXPECT_TRUE(std::isnan(total_norm(there, Norm::kMax)));
}

TEST_F(CudaBackend, SeesWhatIsNotFinite) {
  for (const DType dtype : kFloating) {
    const Tensor x = zeros({3, 1000}, {.dtype = dtype, .device = kGpu});
    EXPECT_TRUE(backend(kGpu).all_finite(x));
    x.slice(0, 1, 2).slice(1, 500, 501).fill_(INFINITY);
    EXPECT_FALSE(backend(kGpu).all_finite(x));
    EXPECT_TRUE(backend(kGpu).all_finite(x.slice(0, 0, 1)));
  }
}

TEST_F(CudaBackend, ReducesEveryShape) {
  Generator generator(1);
  // Rows and columns, short and long, in one segment and in several.
  for (const Shape& shape : {Shape{1, 300000}, Shape{300000, 1}, Shape{3, 5000}, Shape{5000, 3},
                             Shape{2000, 40}, Shape{40, 2000}, Shape{70, 1100}}) {
    const Tensor x = randn(shape, generator, {.dtype = DType::kF64}), on_gpu = x.to(kGpu);
    for (const int dim : {0, 1}) {
      const auto wanted = numbers(sum(x, {dim})), got = numbers(sum(on_gpu, {dim}));
      for (std::size_t i = 0; i < wanted.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-9);
      const auto moments = numbers(var(x, {dim})), on = numbers(var(on_gpu, {dim}));
      for (std::size_t i = 0; i < moments.size(); ++i) {
        const bool none = std::isnan(moments[i]);
        EXPECT_TRUE(none ? std::isnan(on[i]) : std::fabs(on[i] - moments[i]) < 1e-9) << i;
      }
      EXPECT_EQ(numbers(argmax(on_gpu, dim)), numbers(argmax(x, dim)));
    }
  }
}

TEST_F(CudaBackend, KeepsAnElementAcrossEveryConversion) {
  Generator generator(2);
  const Tensor x = uniform({4099}, -200, 200, generator, {.dtype = DType::kF64});
  for (int from = 0; from < kNumDTypes; ++from) {
    for (int to = 0; to < kNumDTypes; ++to) {
      const Tensor here = x.to(static_cast<DType>(from));
      EXPECT_EQ(numbers(here.to(kGpu).to(static_cast<DType>(to))),
                numbers(here.to(static_cast<DType>(to))));
    }
  }
}

TEST_F(CudaBackend, FindsPlacesOfWhatIsTrue) {
  Generator generator(4);
  const Tensor x = gt(rand({37, 41}, generator), 0.7);
  EXPECT_EQ(numbers(nonzero(x.to(kGpu))), numbers(nonzero(x)));
}

TEST_F(CudaBackend, RefusesTensorsOfTwoDevices) {
  EXPECT_THROW(add(zeros({2}), zeros({2}, {.device = kGpu})), DeviceError);
  if (!is_available(kSecond)) return;
  const Tensor first = zeros({2, 2}, {.device = kGpu}), second = zeros({2, 2}, {.device = kSecond});
  EXPECT_THROW(add(first, second), DeviceError);
  EXPECT_THROW(matmul(first, second), DeviceError);
}

/// Products with all that may follow them, in sizes of which the library's kernels take some.
std::vector<Tensor> linear_results(DType dtype, std::int64_t width, Activation activation,
                                   Device device) {
  Generator generator(12);
  const auto random = [&](const Shape& shape) {
    return uniform(shape, -1, 1, generator).to(dtype).to(device);
  };
  const Tensor x = random({40, 24}), weight = random({width, 24}), bias = random({width});
  const Tensor grad = random({40, 24}), next = random({24, width});
  std::vector<Tensor> results(2);
  results[0] = linear(x, weight, bias, activation, &results[1]);
  results.push_back(linear(x, weight, bias, activation));
  results.push_back(linear(x, weight, {}, activation));
  results.push_back(linear_inner_grad(grad, next, activation, random({40, width})));
  const auto [of_weight, of_bias] = linear_parameter_grads(grad, x);
  results.push_back(of_weight);
  results.push_back(of_bias);
  return results;
}

TEST_F(CudaBackend, EndsProductsAsTheCpuDoes) {
  for (const bool fast : {false, true}) {
    const NumericsScope chosen({.tf32 = fast, .fused_relu = fast});
    for (const DType dtype : kFloating) {
      const bool few_digits = dtype == DType::kF16 || (fast && dtype == DType::kF32);
      const double unit = dtype == DType::kF64    ? 1e-12
                          : dtype == DType::kBF16 ? 0x1p-8
                          : few_digits            ? 0x1p-10
                                                  : 1e-6;
      for (const std::int64_t width : {16, 12}) {
        for (const Activation activation :
             {Activation::kNone, Activation::kRelu, Activation::kGelu, Activation::kGeluTanh}) {
          const auto here = linear_results(dtype, width, activation, kCpu);
          const auto there = linear_results(dtype, width, activation, kGpu);
          for (std::size_t k = 0; k < here.size(); ++k) {
            const auto wanted = numbers(here[k]), got = numbers(there[k]);
            // Sums of up to 40 products of at most 1, and slopes of at most 1.2 of them.
            for (std::size_t i = 0; i < wanted.size(); ++i) {
              ASSERT_NEAR(got[i], wanted[i], 16 * unit)
                  << name(dtype) << " result " << k << " activation "
                  << static_cast<int>(activation) << " width " << width << " at " << i;
            }
          }
        }
      }
    }
  }
}

/// Whether a library refused what such a problem is described by.
bool was_refused(const char* problem) {
  for (const CudaFallback& each : cuda_fallbacks()) {
    if (each.op == "matmul" && each.problem.find(problem) != std::string::npos) return true;
  }
  return false;
}

/// Whole numbers, so that every dtype holds all sums, and halves that keep them from 0, where
/// libraries differ in the derivative.
struct WholeNumbers {
  WholeNumbers(std::int64_t width, DType dtype, Device device) {
    Generator generator(static_cast<std::uint64_t>(width));
    const auto random = [&](std::int64_t most, const Shape& shape) {
      return randint(-most, most + 1, shape, generator).to(dtype);
    };
    x = random(1, {5, 24}), weight = random(2, {width, 24}), bias = random(2, {width});
    next = random(1, {3, width}), grad = random(2, {5, 3});
    x.slice(1, 0, 1).fill_(1);
    weight.slice(1, 0, 1).fill_(0.5);
    for (Tensor* each : {&x, &weight, &bias, &next, &grad}) *each = each->to(device);
  }
  Tensor x, weight, bias, next, grad;
};

TEST_F(CudaBackend, PassesGradientsWhereReluPassedNumbers) {
  constexpr Activation kRelu = Activation::kRelu;
  for (const bool fused : {false, true}) {
    const NumericsScope chosen({.fused_relu = fused});
    for (const DType dtype : kFloating) {
      for (const std::int64_t width : {1, 7, 16, 128, 130, 257}) {
        SCOPED_TRACE(std::string(name(dtype)) + " of width " + std::to_string(width));
        const WholeNumbers here(width, dtype, kCpu), there(width, dtype, kGpu);
        for (const bool biased : {false, true}) {
          const Tensor wanted = linear(here.x, here.weight, biased ? here.bias : Tensor(), kRelu);
          const auto grads = numbers(linear_inner_grad(here.grad, here.next, kRelu, wanted));
          Tensor mask;
          const Tensor y =
              linear(there.x, there.weight, biased ? there.bias : Tensor(), kRelu, nullptr, &mask);
          EXPECT_EQ(numbers(y), numbers(wanted));
          EXPECT_EQ(numbers(linear_inner_grad(there.grad, there.next, kRelu, y)), grads);
          EXPECT_EQ(numbers(linear_inner_grad(there.grad, there.next, kRelu, y, mask)), grads);
          if (!fused || dtype == DType::kF64) {
            EXPECT_FALSE(mask.defined());
            continue;
          }
          EXPECT_TRUE(mask.defined() || was_refused("ReLU and its mask"));
          // What the mask says counts, where the library reads it.
          if (!mask.defined() || was_refused("ReLU's derivative")) continue;
          EXPECT_EQ(numbers(linear_inner_grad(there.grad, there.next, kRelu, zeros_like(y), mask)),
                    grads);
          EXPECT_THROW(linear_inner_grad(there.grad.slice(0, 0, 4), there.next, kRelu,
                                         y.slice(0, 0, 4), mask),
                       ShapeError);
        }
      }
    }
  }
}

TEST_F(CudaBackend, MovesTensorsFromOneDeviceToAnother) {
  if (!is_available(kSecond)) GTEST_SKIP() << "skipped: no second CUDA device";
  Generator generator(6);
  const Tensor x = randn({33, 65}, generator), there = x.to(kGpu);
  const std::int64_t before = host_waits(kGpu);
  // Work before it, a view, and memory of the source that is given to others right after.
  const Tensor moved = add(there, 1).t().to(kSecond);
  const Tensor other = full({65, 33}, -7, {.device = kGpu});
  const Tensor back = mul(moved, 2).to(kGpu);
  const Tensor copied = zeros({65, 33}, {.device = kSecond});
  copied.copy_(there.t());
  EXPECT_EQ(host_waits(kGpu), before);
  EXPECT_EQ(moved.device(), kSecond);
  EXPECT_EQ(numbers(moved), numbers(add(x, 1).t()));
  EXPECT_EQ(numbers(back), numbers(mul(add(x, 1).t(), 2)));
  EXPECT_EQ(numbers(copied), numbers(x.t()));
  EXPECT_EQ(zeros({0, 3}, {.device = kGpu}).to(kSecond).shape(), Shape({0, 3}));
}

TEST_F(CudaBackend, GoesOnAfterItsMemoryWasAllGone) {
  const Tensor x = ones({3}, {.device = kGpu});
  try {
    empty({std::int64_t{1} << 50}, {.device = kGpu});
    FAIL();
  } catch (const OutOfMemoryError& error) {
    const std::string message = error.what();
    for (const char* part : {"[allocate]", "cuda:0", "in use", "peak", "cached"}) {
      EXPECT_NE(message.find(part), std::string::npos) << message;
    }
  }
  EXPECT_EQ(numbers(add(x, x)), std::vector<double>(3, 2));
}

TEST_F(CudaBackend, RefusesAForkAfterTheFirstUse) {
  ones({3}, {.device = kGpu});
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    try {
      ones({3}, {.device = kGpu});
    } catch (const DeviceError& error) {
      _exit(std::string(error.what()).find("got a fork of it") == std::string::npos ? 2 : 0);
    }
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  EXPECT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST_F(CudaBackend, ReportsAttentionWithoutAFusedKernelOnce) {
  const auto reports = [](const char* shape) {
    std::vector<CudaFallback> found;
    for (const CudaFallback& each : cuda_fallbacks()) {
      if (each.op == "attention" && each.problem.find(shape) != std::string::npos) {
        found.push_back(each);
      }
    }
    return found;
  };
  Generator generator(8);
  const auto attend = [&](const Shape& shape, DType dtype) {
    const Tensor x = randn(shape, generator).to(dtype).to(kGpu);
    scaled_dot_product_attention(x, x, x);
  };
  for (int i = 0; i < 3; ++i) attend({1, 1, 9, 12}, DType::kBF16);  // 12 is no multiple of 8
  ASSERT_EQ(reports("[1,1,9,12]").size(), 1u);
  EXPECT_FALSE(reports("[1,1,9,12]")[0].reason.empty());
  EXPECT_NE(to_string(reports("[1,1,9,12]")[0]).find("[attention] bf16 q [1,1,9,12]"),
            std::string::npos);
  attend({1, 1, 10, 12}, DType::kF32);  // whose kernels are Tenon's own
  EXPECT_TRUE(reports("[1,1,10,12]").empty());
}

TEST_F(CudaBackend, RefusesADeviceThatIsNotThere) {
  EXPECT_THROW(zeros({2}, {.device = {DeviceType::kCuda, 200}}), DeviceError);
}

/// What the host hears when it next waits.
std::string fault_of(const auto& fn) {
  fn();
  try {
    synchronize(kGpu);
  } catch (const IndexError& error) {
    synchronize(kGpu);  // once
    return error.what();
  }
  return "";
}

TEST_F(CudaBackend, NamesAnIndexOutOfRangeWhenTheHostWaits) {
  const Tensor index = from_vector<std::int64_t>({0, 5, -1}).to(kGpu);
  const Tensor x = ones({3, 2}, {.device = kGpu});
  const auto contains = [](const std::string& message, const char* part) {
    return message.find(part) != std::string::npos;
  };
  std::string message = fault_of([&] { index_select(x, 0, index); });
  EXPECT_TRUE(contains(message, "[index_select] expected indices in [0, 3), got 5 at position 1"))
      << message;
  message = fault_of([&] {
    gather(x, 0, from_vector<std::int64_t>({0, -9}).reshape({1, 2}).to(kGpu));
  });
  EXPECT_TRUE(contains(message, "[gather] expected indices in [0, 3), got -9 at position 1"))
      << message;
  const Tensor labels = from_vector<std::int64_t>({1, -100, 2}).to(kGpu);
  message = fault_of([&] { cross_entropy(x, labels); });
  EXPECT_TRUE(contains(message, "[cross_entropy] expected labels in [0, 2), got 2 at position 2"))
      << message;
  EXPECT_EQ(fault_of([&] { cross_entropy(x, labels, {.ignore_index = 2}); }).find("got -100"),
            message.find("got 2"));
}

TEST_F(CudaBackend, LeavesMemoryAloneAtIndicesOutOfRange) {
  const Tensor index = from_vector<std::int64_t>({1, 1000000000, -1000000000}).to(kGpu);
  const Tensor x = ones({3, 2}, {.device = kGpu});
  EXPECT_FALSE(fault_of([&] { index_add(x, 0, index, x); }).empty());
  EXPECT_FALSE(fault_of([&] { embedding_grad(x, index, 3, -1); }).empty());
  const Tensor square = index.reshape({3, 1}).expand({3, 2}).contiguous();
  EXPECT_FALSE(fault_of([&] { scatter_add(x, 0, square, x); }).empty());
  EXPECT_FALSE(fault_of([&] { scatter(x, 0, square, 2); }).empty());
  const Tensor places = index.to(DType::kI32).reshape({1, 1, 1, 3});
  const Tensor grad = ones({1, 1, 1, 3}, {.device = kGpu});
  EXPECT_FALSE(fault_of([&] { max_pool2d_scatter(grad, places, {1, 1, 2, 2}); }).empty());
  EXPECT_FALSE(fault_of([&] {
                 max_pool2d_gather(ones({1, 1, 2, 2}, {.device = kGpu}), places);
               }).empty());
}

TEST_F(CudaBackend, TakesAGradientsFactorFromTheDevice) {
  for (const DType dtype : {DType::kF32, DType::kF64}) {
    const TensorOptions options{.dtype = dtype, .device = kGpu};
    const Tensor weight = zeros({3}, options), grad = ones({3}, options);
    const Tensor factor = full({}, 0.25, {.dtype = DType::kF64, .device = kGpu});
    optimizer_update_(
        {.parameters = {&weight, 1}, .grads = {&grad, 1}, .grad_scale = 2, .grad_factor = factor},
        SgdStep{.lr = 1});
    EXPECT_EQ(numbers(weight), (std::vector<double>(3, -0.5)));
    EXPECT_THROW(
        optimizer_update_(
            {.parameters = {&weight, 1}, .grads = {&grad, 1}, .grad_factor = factor.to(kCpu)},
            SgdStep{.lr = 1}),
        DeviceError);
  }
}

TEST_F(CudaBackend, RefusesStatesIn8Bits) {
  const Tensor weight = zeros({300}, {.device = kGpu});
  const std::vector<Tensor> codes[] = {{zeros({300}, {.dtype = DType::kU8, .device = kGpu})}};
  const std::vector<Tensor> scales[] = {{zeros({2}, {.device = kGpu})}};
  const UpdateLists lists{
      .parameters = {&weight, 1}, .grads = {&weight, 1}, .states = codes, .scales = scales};
  EXPECT_THROW(optimizer_update_(lists, LionStep{.lr = 1}), DeviceError);
}

TEST_F(CudaBackend, ReportsEachWaitWhereThatIsAskedFor) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");  // a process that has not waited yet
  EXPECT_EXIT(
      {
        setenv("TENON_CUDA_REPORT_SYNC", "1", 1);
        ones({1}, {.device = kGpu}).item<float>();
        _exit(0);
      },
      ::testing::ExitedWithCode(0), "tenon: waiting for cuda:0: copy to the host");
}

TEST_F(CudaBackend, RunsAStepWithoutWaiting) {
  Generator generator(1);
  const Tensor x = randn({8, 4}, generator).to(kGpu), w = randn({4, 3}, generator).to(kGpu);
  const Tensor labels = randint(0, 3, {8}, generator).to(kGpu);
  const std::int64_t before = host_waits(kGpu);
  const Tensor logits = matmul(x, w);
  const Tensor loss = cross_entropy(logits, labels);
  const Tensor grad = matmul(x.t(), cross_entropy_grad(ones_like(loss), logits, labels, {}));
  const Tensor norm = total_norm_tensor({&grad, 1});
  optimizer_update_({.parameters = {&w, 1}, .grads = {&grad, 1}, .grad_factor = reciprocal(norm)},
                    SgdStep{.lr = 0.1});
  EXPECT_EQ(host_waits(kGpu), before);
}

}  // namespace
}  // namespace tenon
