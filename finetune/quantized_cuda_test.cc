// Layers over quantized weights on a GPU against the CPU's. Runs on emulated devices too.
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "finetune/lora.h"
#include "finetune/quantize.h"
#include "finetune/quantized_operator.h"
#include "finetune/testing.h"
#include "finetune/train_lm.h"
#include "layers/linear.h"

namespace tenon::finetune {
namespace {

constexpr Device kGpu{DeviceType::kCuda, 0};

class CudaQuantizedOperator : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!is_available(kGpu)) GTEST_SKIP() << "skipped: no CUDA device";
  }
};

struct Result {
  Tensor y, x_grad;
};

/// A quantized layer of 4096 inputs and 304 outputs, made on the CPU and moved.
Result run(quant::Format format, std::int64_t rows, Device device) {
  Generator generator(4);
  const Tensor weight = randn({304, 4096}, generator);
  layers::Linear layer({.in_features = 4096, .out_features = 304});
  layer.exchange_operator(
      std::make_unique<QuantizedOperator>(quant::quantize(weight, {.format = format})));
  layer.to(device);
  const Variable x(randn({rows, 4096}, generator).to(device), true);
  const Variable y = layer.forward(x);
  y.backward(randn({rows, 304}, generator).to(device).to(y.dtype()));
  return {y.value().to(kCpu), x.grad().value().to(kCpu)};
}

TEST_F(CudaQuantizedOperator, ProductsAndTheirGradientsAreTheCpus) {
  for (const auto format : {quant::Format::kNf4, quant::Format::kFp4, quant::Format::kInt8}) {
    for (const std::int64_t rows : {1, 4, 33}) {
      manual_seed(2);
      const Result here = run(format, rows, kCpu);
      manual_seed(2);
      const Result there = run(format, rows, kGpu);
      EXPECT_LT(relative_error(there.y, here.y), 1e-5);
      EXPECT_LT(relative_error(there.x_grad, here.x_grad), 1e-5);
    }
  }
}

// Rows that the CPU multiplies with tiles of numbers, and a GPU with codes by tensor cores.
TEST_F(CudaQuantizedOperator, UnderAutocastProductsAreTheCpusButForRounding) {
  for (const std::int64_t rows : {5, 33}) {
    const autograd::Autocast scope(DType::kBF16);
    manual_seed(2);
    const Result here = run(quant::Format::kNf4, rows, kCpu);
    manual_seed(2);
    const Result there = run(quant::Format::kNf4, rows, kGpu);
    ASSERT_EQ(there.y.dtype(), DType::kBF16);
    // Both round to 8 digits; the CPU rounds the sums of two tiles, and of those the gradient's
    // sum.
    EXPECT_LT(relative_error(there.y, here.y), 5e-3);
    EXPECT_LT(relative_error(there.x_grad, here.x_grad), 1e-2);
  }
}

/// Losses of four steps of QLoRA's training loop.
std::vector<double> qlora_losses(Device device) {
  manual_seed(6);
  const auto model = models::make_causal_lm({.vocab_size = 50,
                                             .hidden_size = 64,
                                             .layers = 2,
                                             .heads = 4,
                                             .feed_forward = 128,
                                             .positions = 32});
  quantize_linears(*model);
  const Lora lora(*model, {.targets = {{"q_proj", "v_proj"}}, .rank = 4, .alpha = 8});
  model->to(device);
  Generator generator(7);
  std::vector<double> losses;
  const auto result =
      train_lm(*model, randint(0, 50, {8, 16}, generator),
               {.steps = 4, .batch_size = 2, .accumulate = 2, .on_step = [&](const LmStep& step) {
                  losses.push_back(step.loss);
                  return true;
                }});
  EXPECT_TRUE(result.ok()) << result.status();
  return losses;
}

TEST_F(CudaQuantizedOperator, ATrainingLoopHasTheCpusLosses) {
  const std::vector<double> here = qlora_losses(kCpu), there = qlora_losses(kGpu);
  ASSERT_EQ(there.size(), here.size());
  for (std::size_t i = 0; i < here.size(); ++i) EXPECT_NEAR(there[i], here[i], 1e-5 * here[i]);
}

TEST_F(CudaQuantizedOperator, RefusesAnInputElsewhere) {
  const quant::QuantizedTensor w = quant::quantize(ones({4, 64}, {.device = kGpu}));
  EXPECT_THROW(quantized_linear(Variable(ones({1, 64})), w), DeviceError);
}

}  // namespace
}  // namespace tenon::finetune
