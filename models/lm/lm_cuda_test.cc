// Language models on a GPU against the CPU. Runs on emulated devices too.
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "models/lm/causal_lm.h"
#include "models/lm/loss.h"
#include "optim/adam.h"
#include "tensor/captured_step.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::models {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};

LmConfig small(Family family) {
  LmConfig config{.family = family,
                  .vocab_size = 40,
                  .hidden_size = 16,
                  .layers = 2,
                  .heads = 2,
                  .feed_forward = 32,
                  .positions = 32,
                  .activation = LmActivation::kGelu};
  if (family == Family::kGptNeo) {
    config.local = {false, true};
    config.window = 4;
  }
  if (family == Family::kLlama) config.activation = LmActivation::kSilu;
  return config;
}

std::unique_ptr<CausalLm> model_on(Family family, Device device) {
  manual_seed(3);
  auto model = make_causal_lm(small(family));
  model->to(device);
  return model;
}

Tensor some_tokens() {
  Generator generator(5);
  return randint(0, 40, {2, 11}, generator);
}

class CudaLm : public ::testing::TestWithParam<Family> {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

/// The loss, then every parameter's gradient.
std::vector<Tensor> loss_and_grads(Family family, Device device, bool masked) {
  const auto model = model_on(family, device);
  const Tensor tokens = some_tokens();
  LmLossOptions options;
  if (masked) {
    options.mask = ones({2, 11}, {.dtype = DType::kBool});
    options.mask.slice(1, 8).select(0, 1).fill_(0);
    options.mask = options.mask.to(device);
  }
  options.linear.chunk = 40 * 16;  // more than one chunk
  const Variable loss = causal_lm_loss(*model, tokens.to(device), options);
  loss.backward();
  std::vector<Tensor> all = {loss.value().to(kCpu)};
  for (const Variable& parameter : model->parameters()) {
    all.push_back(parameter.grad().value().to(kCpu));
  }
  return all;
}

TEST_P(CudaLm, LossAndGradientsAreTheCpus) {
  for (const bool masked : {false, true}) {
    const auto here = loss_and_grads(GetParam(), kCpu, masked);
    const auto there = loss_and_grads(GetParam(), kGpu, masked);
    ASSERT_EQ(there.size(), here.size());
    for (std::size_t i = 0; i < here.size(); ++i) {
      EXPECT_LT(max(abs(there[i] - here[i])).item<float>(), 1e-5f) << i;
    }
  }
}

TEST_P(CudaLm, DecodesWithACacheAsWithoutOne) {
  const autograd::NoGrad guard;
  const auto here = model_on(GetParam(), kCpu), there = model_on(GetParam(), kGpu);
  const Tensor tokens = some_tokens();
  const Tensor expected = here->logits(tokens).value();
  KvCache cache(there->config(), 16, 2);
  there->logits(tokens.slice(1, 0, 7).contiguous().to(kGpu), {.cache = &cache});
  for (std::int64_t t = 7; t < 11; ++t) {
    const Tensor token = tokens.slice(1, t, t + 1).contiguous().to(kGpu);
    const Tensor got = there->logits(token, {.cache = &cache}).value().to(kCpu);
    EXPECT_LT(max(abs(got - expected.slice(1, t, t + 1))).item<float>(), 1e-5f) << t;
  }
}

std::vector<double> losses(Family family, bool captured, bool masked) {
  const auto model = model_on(family, kGpu);
  optim::AdamW optimizer(model->parameters(), {.lr = 1e-2});
  LmLossOptions options;
  if (masked) options.mask = ones({2, 11}, {.dtype = DType::kBool, .device = kGpu});
  const auto train = [&](const Tensor& tokens) {
    optimizer.zero_grad();
    const Variable loss = causal_lm_loss(*model, tokens, options);
    loss.backward();
    optimizer.step({.max_norm = 1});
    return loss.value();
  };
  CapturedStep step(train);
  std::vector<double> all;
  const Tensor tokens = some_tokens().to(kGpu);
  for (int i = 0; i < 8; ++i) {
    all.push_back((captured ? step(tokens) : train(tokens)).to(kCpu).item<double>());
  }
  EXPECT_EQ(step.captured(), captured) << step.reason();
  return all;
}

TEST_P(CudaLm, CapturedStepsEqualThoseRunAsTheyAre) {
  for (const bool masked : {false, true}) {
    const std::vector<double> as_is = losses(GetParam(), false, masked);
    EXPECT_LT(as_is.back(), as_is.front());
    EXPECT_EQ(losses(GetParam(), true, masked), as_is);
  }
}

INSTANTIATE_TEST_SUITE_P(Families, CudaLm,
                         ::testing::Values(Family::kOpt, Family::kGptNeo, Family::kGpt2,
                                           Family::kLlama),
                         [](const auto& info) {
                           return std::string(model_type(small(info.param)));
                         });

}  // namespace
}  // namespace tenon::models
