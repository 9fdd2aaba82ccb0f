// Gradients that pass a ReLU within the product of the linear after it, by the mask that the one
// before it wrote: on a GPU, or on an emulated one, against the CPU.
#include <cstdint>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "autograd/record.h"
#include "autograd/variable.h"
#include "gtest/gtest.h"
#include "tensor/allocator.h"
#include "tensor/captured_step.h"
#include "tensor/cuda/fallback.h"
#include "tensor/error.h"
#include "tensor/numerics.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr DType kFloating[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16};

std::vector<double> numbers(const Tensor& x) {
  return x.to(kCpu).to(DType::kF64).to_vector<double>();
}

/// Two linears with a ReLU between them, in whole numbers, so that every dtype holds all sums, and
/// halves that keep them from 0, where libraries differ in the derivative.
struct Net {
  Net(std::int64_t width, DType dtype, Device device) {
    Generator generator(static_cast<std::uint64_t>(width));
    const auto random = [&](const Shape& shape) {
      return randint(-1, 2, shape, generator).to(dtype);
    };
    const Tensor in = random({2, 3, 12}), weight = random({width, 12});
    in.slice(2, 0, 1).fill_(1);
    weight.slice(1, 0, 1).fill_(0.5);
    x = Variable(in.to(device), true);
    w1 = Variable(weight.to(device), true);
    b1 = Variable(random({width}).to(device), true);
    w2 = Variable(random({2, width}).to(device), true);
    b2 = Variable(random({2}).to(device), true);
  }
  Variable hidden(bool biased) const {
    return linear(x, w1, biased ? b1 : Variable(), Activation::kRelu);
  }
  Variable result(const Variable& h, bool biased) const {
    return linear(h, w2, biased ? b2 : Variable());
  }
  std::vector<std::vector<double>> grads() const {
    std::vector<std::vector<double>> all;
    for (const Variable& each : {x, w1, b1, w2, b2}) {
      all.push_back(each.grad().defined() ? numbers(each.grad().value()) : std::vector<double>());
    }
    return all;
  }

  Variable x, w1, b1, w2, b2;
};

class ReluMask : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }

  /// Whether there was one.
  static bool wrote_mask(const Variable& h) { return edge_to(h).node->num_outputs() == 2; }
  static bool was_refused() {
    for (const CudaFallback& each : cuda_fallbacks()) {
      if (each.problem.find("ReLU and its mask") != std::string::npos) return true;
    }
    return false;
  }

  const NumericsScope fused_{{.fused_relu = true}};
};

TEST_F(ReluMask, GivesTheCpusGradients) {
  for (const DType dtype : kFloating) {
    for (const std::int64_t width : {1, 7, 16, 130}) {
      for (const bool biased : {false, true}) {
        SCOPED_TRACE(std::string(name(dtype)) + " of width " + std::to_string(width));
        const Net here(width, dtype, kCpu), there(width, dtype, kGpu);
        const Variable wanted = here.hidden(biased), h = there.hidden(biased);
        EXPECT_FALSE(wrote_mask(wanted));
        EXPECT_TRUE(wrote_mask(h) == (dtype != DType::kF64) || was_refused());
        EXPECT_EQ(numbers(h.value()), numbers(wanted.value()));
        sum(here.result(wanted, biased)).backward();
        sum(there.result(h, biased)).backward();
        EXPECT_EQ(there.grads(), here.grads());
      }
    }
  }
}

TEST_F(ReluMask, IsNotWrittenWhereNoGradientIsWanted) {
  const Net net(16, DType::kBF16, kGpu);
  const NoGrad off;
  const auto bytes_of = [&](Activation activation) {
    const std::int64_t before = allocator(kGpu).stats().live_bytes;
    const Variable h = linear(net.x, net.w1, net.b1, activation);
    return allocator(kGpu).stats().live_bytes - before;
  };
  EXPECT_EQ(bytes_of(Activation::kRelu), bytes_of(Activation::kNone));
}

TEST_F(ReluMask, LeavesTheOtherSideOfTheReluToItself) {
  const Net here(130, DType::kBF16, kCpu), there(130, DType::kBF16, kGpu);
  for (const Net* net : {&here, &there}) {
    const Variable h = net->hidden(true);
    (sum(net->result(h, true)) + sum(h * 2)).backward({}, {.retain_graph = true});
    sum(net->result(h, true)).backward();
  }
  EXPECT_EQ(there.grads(), here.grads());
}

TEST_F(ReluMask, ServesEachBackwardOfAGraphThatIsRetained) {
  const Net here(7, DType::kF16, kCpu), there(7, DType::kF16, kGpu);
  for (const Net* net : {&here, &there}) {
    const Variable loss = sum(net->result(net->hidden(true), true));
    loss.backward({}, {.retain_graph = true});
    loss.backward();
  }
  EXPECT_EQ(there.grads(), here.grads());
}

TEST_F(ReluMask, LeavesDerivativesOfDerivativesToThePlainRule) {
  const Net here(7, DType::kF32, kCpu), there(7, DType::kF32, kGpu);
  for (const Net* net : {&here, &there}) {
    const Variable loss = sum(square(net->result(net->hidden(true), true)));
    const Variable slope =
        grad(std::vector{loss}, std::vector{net->x}, {}, {.create_graph = true})[0];
    sum(slope).backward();
  }
  EXPECT_EQ(there.grads(), here.grads());
}

TEST_F(ReluMask, DoesNotHideThatTheResultWasOverwritten) {
  const Net net(16, DType::kBF16, kGpu);
  const Variable h = net.hidden(true);
  const Variable loss = sum(linear(h, net.w2.detach()));  // which needs no h for its own gradients
  h.value().fill_(0);
  EXPECT_THROW(loss.backward(), AutogradError);
}

TEST_F(ReluMask, IsPartOfACapturedStep) {
  const Net eager(130, DType::kBF16, kGpu), captured(130, DType::kBF16, kGpu);
  CapturedStep step(
      [&](const Tensor& x) {
        const Variable loss =
            sum(captured.result(linear(x, captured.w1, captured.b1, Activation::kRelu), true));
        return grad(std::vector{loss}, std::vector{captured.w1})[0].value();
      },
      {.warmup = 1});
  Generator generator(3);
  for (int i = 0; i < 5; ++i) {
    const Tensor x = randint(-1, 2, {6, 12}, generator).to(DType::kBF16).to(kGpu);
    x.slice(1, 0, 1).fill_(1);
    const Variable loss = sum(eager.result(linear(x, eager.w1, eager.b1, Activation::kRelu), true));
    const Variable wanted = grad(std::vector{loss}, std::vector{eager.w1})[0];
    EXPECT_EQ(numbers(step(x)), numbers(wanted.value())) << i;
  }
  EXPECT_TRUE(step.captured()) << step.reason();
  EXPECT_EQ(step.replays(), 3);
}

}  // namespace
}  // namespace tenon::autograd
