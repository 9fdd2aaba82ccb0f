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

using models::CausalLm;
using models::LmConfig;

/// Numbers of logits at a time where memory counts: 63 MB less than with the default, 11 % slower.
constexpr std::int64_t kSmallChunk = std::int64_t{1} << 21;
/// On a GPU, whose products want thousands of rows: 2 GiB in f32.
constexpr std::int64_t kGpuChunk = std::int64_t{1} << 29;

/// Positions in the cache before the token that is decoded.
constexpr std::int64_t kContext = 64;

/// Of the layers that tokens are multiplied with, and of the head.
double linear_weights(const LmConfig& c) {
  const auto hidden = static_cast<double>(c.hidden_size);
  const double block = 4 * hidden * hidden + 2 * hidden * static_cast<double>(c.feed_forward);
  return static_cast<double>(c.layers) * block + static_cast<double>(c.vocab_size) * hidden;
}

/// Products with weights: 2 operations each forward, 2 back to the input, 2 to the weight where it
/// is trained. Attention: 12 L D a token and position, counted as if nothing were masked.
/// (Chowdhery et al. 2022, "PaLM", appendix B)
double training_flop(const LmConfig& c, bool all, std::int64_t batch, std::int64_t length) {
  const auto tokens = static_cast<double>(batch * length);
  const double attention =
      12 * static_cast<double>(c.layers) * static_cast<double>(c.hidden_size * length);
  return tokens * ((all ? 6 : 4) * linear_weights(c) + attention);
}

struct Task {
  std::unique_ptr<CausalLm> model;
  std::unique_ptr<finetune::Lora> lora;
  std::unique_ptr<optim::AdamW> optimizer;
  Tensor tokens;
  Tensor labels;
  std::optional<DType> autocast;
  models::LinearLossOptions loss_options;
  std::function<void(Phase)> entering;

  autograd::Variable loss() const {
    const autograd::Variable hidden = model->hidden(tokens);
    return models::linear_cross_entropy(autograd::reshape(hidden, {-1, hidden.size(2)}),
                                        model->embedding().weight(), labels, loss_options);
  }

  void step() const {
    optimizer->zero_grad();
    entering(Phase::kForward);
    autograd::Variable value;
    if (autocast) {
      const autograd::Autocast scope(*autocast);
      value = loss();
    } else {
      value = loss();
    }
    entering(Phase::kBackward);
    value.backward();
    optimizer->step();
  }
};

/// The optimizer, and the forms in which it and the model keep their numbers.
void train_all(Task& task, bool bf16) {
  if (bf16) {
    task.model->to(DType::kBF16);
    task.autocast = std::nullopt;  // there is nothing to cast
  }
  task.optimizer =
      std::make_unique<optim::AdamW>(task.model->parameters(), optim::AdamWOptions{.lr = 2e-4});
  if (bf16) task.optimizer->keep_master_weights();
}

void train_adapters(Task& task, bool quantized, bool on_gpu) {
  if (quantized) {
    finetune::quantize_linears(*task.model);
    if (!on_gpu) task.loss_options.chunk = kSmallChunk;
  } else if (task.autocast) {
    finetune::linears_to_bf16(*task.model);
  }
  if (task.autocast && (quantized || on_gpu)) finetune::tables_to_bf16(*task.model);
  task.lora = std::make_unique<finetune::Lora>(
      *task.model,
      finetune::LoraOptions{.targets = {.include = {"q_proj", "k_proj", "v_proj", "out_proj"}},
                            .rank = 8,
                            .alpha = 32});
  task.optimizer =
      std::make_unique<optim::AdamW>(task.lora->trainable(), optim::AdamWOptions{.lr = 2e-4});
}

std::unique_ptr<CausalLm> model_on(const LmConfig& config, Device device) {
  auto model = models::make_causal_lm(config);
  model->to(device);
  return model;
}

}  // namespace

models::LmConfig opt_125m() {
  return {.vocab_size = 50000, .activation = models::LmActivation::kGelu};
}

models::LmConfig opt_1_3b() {
  LmConfig config = opt_125m();
  config.hidden_size = 2048;
  config.layers = 24;
  config.heads = 32;
  config.feed_forward = 8192;
  return config;
}

models::LmConfig opt_tiny() {
  LmConfig config = opt_125m();
  config.vocab_size = 300;
  config.hidden_size = 64;
  config.layers = 2;
  config.heads = 4;
  config.feed_forward = 128;
  return config;
}

Workload lm_training(const std::string& name, const LmConfig& config, Trained trained,
                     std::int64_t batch, std::int64_t length) {
  const bool all = trained == Trained::kAll || trained == Trained::kAllBF16;
  const auto prepare = [=](const Setup& setup) -> std::function<void()> {
    Generator& random = default_generator();
    auto task = std::make_shared<Task>();
    task->entering = setup.entering;
    task->model = model_on(config, setup.device);
    if (setup.compute == Compute::kBF16) task->autocast = DType::kBF16;
    const bool on_gpu = !setup.device.is_cpu();
    if (on_gpu) task->loss_options.chunk = kGpuChunk;
    if (all) {
      train_all(*task, trained == Trained::kAllBF16);
    } else {
      train_adapters(*task, trained == Trained::kQuantized, on_gpu);
    }
    const std::int64_t words = config.vocab_size;
    task->tokens = randint(0, words, {batch, length}, random).to(setup.device);
    task->labels = randint(0, words, {batch * length}, random).to(setup.device);
    return [task] { task->step(); };
  };
  return {.name = name, .flop = training_flop(config, all, batch, length), .prepare = prepare};
}

Workload lm_decoding(const std::string& name, const LmConfig& config, bool nf4) {
  const double head = static_cast<double>(config.vocab_size * config.hidden_size);
  const double weights = linear_weights(config);
  // 4.127 bits a weight with nested scales; the head stays in bf16.
  const double bytes = nf4 ? (weights - head) * 4.127 / 8 + head * 2 : weights * 2;
  const auto prepare = [=](const Setup& setup) -> std::function<void()> {
    struct Decoding {
      std::unique_ptr<CausalLm> model;
      models::KvCache cache;
      Tensor token;
    };
    auto model = model_on(config, setup.device);
    model->to(DType::kBF16);
    if (nf4) finetune::quantize_linears(*model);
    model->eval();
    auto decoding = std::make_shared<Decoding>(
        Decoding{.model = std::move(model),
                 .cache = models::KvCache(config, kContext + 1),
                 .token = full({1, 1}, 7, {.dtype = DType::kI64, .device = setup.device})});
    const autograd::NoGrad guard;
    decoding->model->hidden(decoding->token.expand({1, kContext}).contiguous(),
                            {.cache = &decoding->cache});
    return [decoding] {
      const autograd::NoGrad no_grad;
      decoding->cache.clear();
      decoding->cache.advance(kContext);
      decoding->model->logits(decoding->token, {.cache = &decoding->cache});
    };
  };
  return {.name = name, .flop = 2 * weights, .bytes = bytes, .prepare = prepare};
}

}  // namespace tenon::benchmarks
