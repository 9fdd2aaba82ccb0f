#include "benchmarks/lm_workloads.h"

#include <memory>
#include <optional>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "finetune/lora.h"
#include "finetune/quantize.h"
#include "models/lm/causal_lm.h"
#include "models/lm/loss.h"
#include "optim/adam.h"
#include "tensor/random.h"

namespace tenon::benchmarks {
namespace {

/// Products of 85 million weights and the head with 256 tokens, forward and to the input, and of
/// attention.
constexpr double kFlop = 128e9;

/// Numbers of logits at a time where memory counts: 63 MB less than with the default, 11 % slower.
constexpr std::int64_t kSmallChunk = std::int64_t{1} << 21;

struct Task {
  std::unique_ptr<models::CausalLm> model;
  std::unique_ptr<finetune::Lora> lora;
  std::unique_ptr<optim::AdamW> optimizer;
  Tensor tokens;
  Tensor labels;
  std::optional<DType> autocast;
  models::LinearLossOptions loss_options;

  autograd::Variable loss() const {
    const autograd::Variable hidden = model->hidden(tokens);
    return models::linear_cross_entropy(autograd::reshape(hidden, {-1, hidden.size(2)}),
                                        model->embedding().weight(), labels, loss_options);
  }

  void step() const {
    optimizer->zero_grad();
    autograd::Variable value;
    if (autocast) {
      const autograd::Autocast scope(*autocast);
      value = loss();
    } else {
      value = loss();
    }
    value.backward();
    optimizer->step();
  }
};

std::function<void()> make(bool quantized, const Setup& setup) {
  if (quantized && !setup.device.is_cpu()) {
    throw DeviceError("[quantize] expected a model on the cpu: there is no form of it for a GPU");
  }
  Generator& random = default_generator();
  auto task = std::make_shared<Task>();
  task->model =
      models::make_causal_lm({.vocab_size = 50000, .activation = models::LmActivation::kGelu});
  task->model->to(setup.device);
  if (setup.compute == Compute::kBF16) task->autocast = DType::kBF16;
  if (quantized) {
    finetune::quantize_linears(*task->model);
    if (task->autocast) finetune::tables_to_bf16(*task->model);
    task->loss_options.chunk = kSmallChunk;
  } else if (task->autocast) {
    finetune::linears_to_bf16(*task->model);
  }
  task->lora = std::make_unique<finetune::Lora>(
      *task->model,
      finetune::LoraOptions{.targets = {.include = {"q_proj", "k_proj", "v_proj", "out_proj"}},
                            .rank = 8,
                            .alpha = 32});
  task->optimizer =
      std::make_unique<optim::AdamW>(task->lora->trainable(), optim::AdamWOptions{.lr = 2e-4});
  task->tokens = randint(0, 50000, {2, 128}, random).to(setup.device);
  task->labels = randint(0, 50000, {256}, random).to(setup.device);
  return [task] { task->step(); };
}

}  // namespace

Workload opt125m_lora(const std::string& name, bool quantized) {
  return {name, kFlop, [quantized](const Setup& setup) { return make(quantized, setup); }};
}

}  // namespace tenon::benchmarks
