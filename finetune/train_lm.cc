#include "finetune/train_lm.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "autograd/autocast.h"
#include "optim/adam.h"
#include "optim/clip.h"
#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::finetune {
namespace {

using autograd::Variable;
using Clock = std::chrono::steady_clock;

void check(const Tensor& blocks, const TrainLmOptions& o) {
  const auto require = [](bool ok, const std::string& what) {
    if (!ok) throw ValueError("[train_lm] expected " + what);
  };
  require(blocks.defined() && blocks.ndim() == 2 && blocks.numel() > 0,
          "blocks [N,T] with at least one");
  require(o.steps >= 1 && o.batch_size >= 1 && o.accumulate >= 1,
          "steps, batch_size and accumulate of at least 1");
  require(o.warmup >= 0 && o.max_norm >= 0, "warmup and max_norm from 0");
}

/// Up to `lr` in `warmup` steps, then down to 0 after the last.
double rate(const TrainLmOptions& o, std::int64_t step) {
  if (step <= o.warmup) {
    return o.lr * static_cast<double>(step) / static_cast<double>(o.warmup);
  }
  const auto left = static_cast<double>(o.steps - step + 1);
  return o.lr * left / static_cast<double>(std::max<std::int64_t>(o.steps - o.warmup, 1));
}

/// Rows of the blocks in an order that is shuffled again each time it is used up.
class Order {
 public:
  Order(std::int64_t count, std::uint64_t seed) : count_(count), generator_(seed) {}

  Tensor next(std::int64_t size) {
    std::vector<std::int64_t> rows;
    while (static_cast<std::int64_t>(rows.size()) < size) {
      if (at_ == order_.size()) {
        order_ = randperm(count_, generator_).to_vector<std::int64_t>();
        at_ = 0;
      }
      rows.push_back(order_[at_++]);
    }
    return from_vector(rows);
  }

 private:
  std::int64_t count_;
  Generator generator_;
  std::vector<std::int64_t> order_;
  std::size_t at_ = 0;
};

std::unique_ptr<optim::AdamW> make_optimizer(const models::CausalLm& model,
                                             const TrainLmOptions& o) {
  std::vector<Variable> matrices, vectors;
  for (const Variable& parameter : model.parameters()) {
    if (!parameter.requires_grad()) continue;
    (parameter.ndim() >= 2 ? matrices : vectors).push_back(parameter);
  }
  if (matrices.empty() && vectors.empty()) {
    throw ValueError("[train_lm] expected parameters that require a gradient, got none");
  }
  const optim::AdamWOptions plain{.lr = o.lr, .weight_decay = 0};
  const optim::AdamWOptions decayed{.lr = o.lr, .weight_decay = o.weight_decay};
  const bool both = !matrices.empty() && !vectors.empty();
  auto optimizer = matrices.empty() ? std::make_unique<optim::AdamW>(vectors, plain)
                                    : std::make_unique<optim::AdamW>(matrices, decayed);
  if (both) optimizer->add_group(vectors, plain);
  if (o.states_8bit) optimizer->keep_8bit_states();
  return optimizer;
}

/// Gradients of one batch, added to those there. Returns its loss.
double add_gradients(models::CausalLm& model, const Tensor& tokens, const TrainLmOptions& o) {
  Variable loss;
  if (o.autocast) {
    const autograd::Autocast scope(*o.autocast);
    loss = models::causal_lm_loss(model, tokens, {.linear = o.linear});
  } else {
    loss = models::causal_lm_loss(model, tokens, {.linear = o.linear});
  }
  const double value = loss.item<double>();
  if (std::isfinite(value)) {
    const double share = 1.0 / static_cast<double>(o.accumulate);
    loss.backward(Variable(scalar(share, {.device = loss.device()})));
  }
  return value;
}

/// Training mode and checkpointing while it lives.
class TrainingMode {
 public:
  TrainingMode(models::CausalLm& model, bool checkpointing)
      : model_(model), was_training_(model.training()), checkpointed_(model.checkpointing()) {
    model.train();
    model.set_checkpointing(checkpointing || checkpointed_);
  }
  ~TrainingMode() {
    model_.train(was_training_);
    model_.set_checkpointing(checkpointed_);
  }
  TrainingMode(const TrainingMode&) = delete;
  TrainingMode& operator=(const TrainingMode&) = delete;

 private:
  models::CausalLm& model_;
  bool was_training_;
  bool checkpointed_;
};

class Trainer {
 public:
  Trainer(models::CausalLm& model, const Tensor& blocks, const TrainLmOptions& options)
      : model_(model),
        blocks_(blocks),
        options_(options),
        order_(blocks.size(0), options.seed),
        optimizer_(make_optimizer(model, options)) {}

  /// The loss of one step; not finite where the step was not made.
  LmStep step(std::int64_t number) {
    optimizer_->zero_grad();
    LmStep made{.step = number, .lr = rate(options_, number)};
    for (std::int64_t i = 0; i < options_.accumulate; ++i) {
      const Tensor rows = order_.next(options_.batch_size);
      const Tensor tokens = index_select(blocks_, 0, rows.to(blocks_.device()))
                                .to(model_.embedding().weight().device());
      made.loss +=
          add_gradients(model_, tokens, options_) / static_cast<double>(options_.accumulate);
      if (!std::isfinite(made.loss)) return made;
    }
    const double limit = options_.max_norm > 0 ? options_.max_norm : HUGE_VAL;
    made.gradient_norm = optim::clip_grad_norm_(optimizer_->parameters(), limit);
    optimizer_->set_lr(made.lr);
    optimizer_->step();
    return made;
  }

 private:
  models::CausalLm& model_;
  const Tensor& blocks_;
  const TrainLmOptions& options_;
  Order order_;
  std::unique_ptr<optim::AdamW> optimizer_;
};

}  // namespace

absl::StatusOr<TrainLmResult> train_lm(models::CausalLm& model, const Tensor& blocks,
                                       const TrainLmOptions& options) {
  check(blocks, options);
  const TrainingMode mode(model, options.checkpointing);
  Trainer trainer(model, blocks, options);
  Allocator& memory = allocator(model.embedding().weight().device());
  memory.reset_peak();
  const Clock::time_point start = Clock::now();
  TrainLmResult result;
  const std::int64_t last = std::max<std::int64_t>(options.steps / 10, 1);
  double tail = 0;
  std::int64_t in_tail = 0;
  for (std::int64_t number = 1; number <= options.steps; ++number) {
    const LmStep made = trainer.step(number);
    if (!std::isfinite(made.loss)) {
      return absl::AbortedError("[train_lm] expected a finite loss, got " +
                                std::to_string(made.loss) + " at step " + std::to_string(number));
    }
    ++result.steps;
    result.tokens += options.batch_size * options.accumulate * blocks.size(1);
    if (number > options.steps - last) {
      tail += made.loss;
      ++in_tail;
    }
    result.last_loss = in_tail > 0 ? tail / static_cast<double>(in_tail) : made.loss;
    if (options.on_step && !options.on_step(made)) break;
  }
  result.seconds = std::chrono::duration<double>(Clock::now() - start).count();
  result.peak_bytes = memory.stats().peak_bytes;
  return result;
}

}  // namespace tenon::finetune
