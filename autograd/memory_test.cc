// What a training step takes from the allocator: nothing new once it has run, and at its peak
// little beside parameters, gradients and the activations that backward needs.
#include <functional>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "tensor/allocator.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

std::int64_t system_allocations() { return allocator().stats().system_allocations; }

/// A network, its data, and what a step of it must hold at once.
struct Network {
  std::vector<Variable> parameters;
  std::function<Variable(const std::vector<Variable>&)> loss;
  std::int64_t saved_bytes;  ///< results that some rule needs again

  std::int64_t parameter_bytes() const {
    std::int64_t bytes = 0;
    for (const Variable& p : parameters) bytes += static_cast<std::int64_t>(p.value().bytes());
    return bytes;
  }
  void step() const {
    for (const Variable& p : parameters) p.zero_grad();
    loss(parameters).backward();
    const NoGrad guard;
    for (const Variable& p : parameters) p.sub_(p.grad() * 0.01);
  }
};

Variable parameter(const Shape& shape, std::uint64_t seed, Layout layout = Layout::kRowMajor) {
  Generator generator(seed);
  return Variable(normal(shape, 0, 0.1, generator).to(layout), true);
}

/// [256,512] through 512-512-512-512-10 with relu.
Network mlp() {
  constexpr std::int64_t kBatch = 256, kWidth = 512;
  Generator generator(9);
  const Tensor x = randn({kBatch, kWidth}, generator);
  const Tensor labels = randint(0, 10, {kBatch}, generator);
  Network net;
  for (std::uint64_t i = 0; i < 3; ++i) {
    net.parameters.push_back(parameter({kWidth, kWidth}, i));
    net.parameters.push_back(parameter({kWidth}, i + 10));
  }
  net.parameters.push_back(parameter({10, kWidth}, 20));
  net.loss = [x, labels](const std::vector<Variable>& p) {
    Variable y = x;
    for (std::size_t i = 0; i + 1 < p.size(); i += 2) {
      y = linear(y, p[i], p[i + 1], Activation::kRelu);
    }
    return cross_entropy(linear(y, p.back()), labels);
  };
  net.saved_bytes = 4 * (3 * kBatch * kWidth + kBatch * 10);
  return net;
}

/// [8,3,32,32] through two convolutions to 16 channels, pooling, two to 32, pooling, and a linear
/// layer.
Network cnn() {
  constexpr std::int64_t kBatch = 8;
  Generator generator(9);
  const Tensor x = randn({kBatch, 3, 32, 32}, generator).to(Layout::kChannelsLast);
  const Tensor labels = randint(0, 10, {kBatch}, generator);
  Network net;
  std::int64_t channels = 3;
  for (const std::int64_t out : {16, 16, 32, 32}) {
    net.parameters.push_back(parameter({out, channels, 3, 3}, net.parameters.size()));
    net.parameters.push_back(parameter({out}, net.parameters.size()));
    channels = out;
  }
  net.parameters.push_back(parameter({10, 32 * 8 * 8}, 20));
  net.loss = [x, labels](const std::vector<Variable>& p) {
    Variable y = x;
    for (std::size_t i = 0; i < 8; i += 2) {
      y = conv2d(y, p[i], p[i + 1], {.padding = {1, 1}}, Activation::kRelu);
      if (i % 4 == 2) y = max_pool2d(y);
    }
    return cross_entropy(linear(flatten(y, 1), p[8]), labels);
  };
  const std::int64_t first = 4 * kBatch * 16 * 32 * 32, second = 4 * kBatch * 32 * 16 * 16;
  // The results of two convolutions each, and of the pooling a quarter twice: the places of the
  // largest elements, and these elements for the next layer.
  net.saved_bytes = (first + second) * 5 / 2;
  return net;
}

void expect_no_new_memory(const Network& net) {
  for (int i = 0; i < 3; ++i) net.step();
  const std::int64_t before = system_allocations();
  for (int i = 0; i < 5; ++i) net.step();
  EXPECT_EQ(system_allocations(), before);
}

TEST(Memory, StepsOfAnMlpTakeNothingFromTheSystemAfterTheThird) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the allocator caches nothing under the address sanitizer";
#endif
  expect_no_new_memory(mlp());
}

TEST(Memory, StepsOfACnnTakeNothingFromTheSystemAfterTheThird) {
#if defined(__SANITIZE_ADDRESS__)
  GTEST_SKIP() << "the allocator caches nothing under the address sanitizer";
#endif
  expect_no_new_memory(cnn());
}

/// The peak of a step over parameters, gradients and saved activations.
double peak_ratio(const Network& net, std::int64_t others) {
  for (int i = 0; i < 2; ++i) net.step();
  allocator().reset_peak();
  net.step();
  const double needed = static_cast<double>(2 * net.parameter_bytes() + net.saved_bytes);
  return static_cast<double>(allocator().stats().peak_bytes - others) / needed;
}

TEST(Memory, PeakOfAnMlp) {
  const std::int64_t others = allocator().stats().live_bytes;
  const Network net = mlp();
  const std::int64_t data = allocator().stats().live_bytes - others - net.parameter_bytes();
  EXPECT_LE(peak_ratio(net, others + data), 1.2);
}

TEST(Memory, PeakOfACnn) {
  const std::int64_t others = allocator().stats().live_bytes;
  const Network net = cnn();
  const std::int64_t data = allocator().stats().live_bytes - others - net.parameter_bytes();
  EXPECT_LE(peak_ratio(net, others + data), 1.2);
}

}  // namespace
}  // namespace tenon::autograd
