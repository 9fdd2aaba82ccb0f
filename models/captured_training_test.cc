// Twenty captured steps of training equal twenty steps run as they are, to the bit: on a GPU, or
// on an emulated one.
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <vector>

#include "layers/layers.h"
#include "models/lenet.h"
#include "models/mlp.h"
#include "models/residual_mlp.h"
#include "optim/optim.h"
#include "tensor/captured_step.h"
#include "tensor/random.h"

namespace tenon::models {
namespace {

using autograd::Variable;

constexpr Device kGpu{DeviceType::kCuda, 0};
constexpr int kSteps = 20;

/// A network, its optimizer and what else a step moves.
struct Training {
  std::unique_ptr<layers::Module> net;
  std::unique_ptr<optim::FusedOptimizer> optimizer;
  std::unique_ptr<optim::Scheduler> scheduler;
  std::unique_ptr<optim::MovingAverage> average;
  optim::StepOptions options;
};

struct Case {
  const char* name;
  Shape images;
  std::function<std::unique_ptr<layers::Module>()> net;
  std::function<std::unique_ptr<optim::FusedOptimizer>(std::vector<Variable>)> optimizer;
  double max_norm = 0;  // 0: none
  DType dtype = DType::kF32;
};

Training start(const Case& one) {
  manual_seed(7);
  Training training;
  training.net = one.net();
  training.net->to(kGpu);
  if (one.dtype != DType::kF32) training.net->to(one.dtype);
  training.optimizer = one.optimizer(training.net->parameters());
  if (one.dtype != DType::kF32) training.optimizer->keep_master_weights();
  training.scheduler = std::make_unique<optim::Scheduler>(
      *training.optimizer, optim::step_lr({.step_size = 3, .gamma = 0.7}));
  training.average = std::make_unique<optim::MovingAverage>(
      training.net->parameters(), optim::MovingAverageOptions{.warmup = true});
  if (one.max_norm > 0) training.options.max_norm = one.max_norm;
  return training;
}

Tensor step_of(Training& training, const Tensor& images, const Tensor& labels) {
  training.optimizer->zero_grad();
  const Variable loss = layers::cross_entropy((*training.net)(images), labels);
  loss.backward();
  training.optimizer->step(training.options);
  training.scheduler->step();
  training.average->update();
  return loss.value();
}

/// Losses of all steps, and every parameter and buffer after them.
std::vector<std::vector<double>> train(const Case& one, bool captured) {
  Training training = start(one);
  CapturedStep step([&](const Tensor& images, const Tensor& labels) {
    return step_of(training, images, labels);
  });
  Generator data(3);
  std::vector<std::vector<double>> result;
  const auto keep = [&](const Tensor& x) {
    result.push_back(x.to(kCpu).to(DType::kF64).to_vector<double>());
  };
  for (int i = 0; i < kSteps; ++i) {
    Shape shape = one.images;
    if (i % 7 == 6) shape[0] -= 1;  // the last batch of an epoch
    const Tensor images = randn(shape, data).to(one.dtype).to(kGpu);
    const Tensor labels = randint(0, 4, {shape[0]}, data).to(kGpu);
    keep(captured ? step(images, labels) : step_of(training, images, labels));
  }
  if (captured) {
    EXPECT_TRUE(step.captured()) << step.reason();
    EXPECT_GE(step.replays(), kSteps - 6);
  }
  for (const auto& [name, value] : training.net->state_dict()) keep(value);
  result.push_back({training.optimizer->lr()});
  training.average->apply();
  for (const Variable& parameter : training.net->parameters()) keep(parameter.value());
  return result;
}

template <class Optimizer, class Options>
auto with(const Options& options) {
  return [=](std::vector<Variable> parameters) -> std::unique_ptr<optim::FusedOptimizer> {
    return std::make_unique<Optimizer>(std::move(parameters), options);
  };
}

std::unique_ptr<layers::Module> dropping_mlp() {
  return std::make_unique<Mlp>(MlpOptions{.sizes = {12, 16, 8, 4}, .dropout = 0.3});
}
std::unique_ptr<layers::Module> lenet() {
  return std::make_unique<LeNet>(LeNetOptions{.in_channels = 1, .image = 16, .classes = 4});
}

const Case kCases[] = {
    {"sgd_momentum",
     {6, 12},
     dropping_mlp,
     with<optim::SGD>(optim::SGDOptions{.lr = 0.1, .momentum = 0.9})},
    {"adam_clipped", {6, 12}, dropping_mlp, with<optim::Adam>(optim::AdamOptions{.lr = 0.01}), 0.5},
    {"adamw_lenet", {4, 1, 16, 16}, lenet, with<optim::AdamW>(optim::AdamWOptions{.lr = 0.01}), 1},
    {"adam_bf16",
     {6, 12},
     dropping_mlp,
     with<optim::Adam>(optim::AdamOptions{.lr = 0.01}),
     0.5,
     DType::kBF16},
    {"nadam", {6, 12}, dropping_mlp, with<optim::NAdam>(optim::NAdamOptions{.lr = 0.01})},
};

class CapturedTraining : public ::testing::TestWithParam<Case> {};

TEST_P(CapturedTraining, EqualsTheSameStepsRunAsTheyAre) {
  if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  EXPECT_EQ(train(GetParam(), true), train(GetParam(), false));
}

INSTANTIATE_TEST_SUITE_P(Networks, CapturedTraining, ::testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace tenon::models
