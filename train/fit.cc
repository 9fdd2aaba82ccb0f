#include "train/fit.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "autograd/anomaly.h"
#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::train {
namespace {

using autograd::Variable;

double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

Device device_of(const layers::Module& module) {
  const std::vector<Variable> parameters = module.parameters();
  return parameters.empty() ? kCpu : parameters.front().device();
}

Variable loss_of(const Loss& loss, const Variable& output, const Tensor& target) {
  return loss ? loss(output, target) : autograd::cross_entropy(output, target);
}

// Remembers a module's mode and puts it back.
class ModeGuard {
 public:
  explicit ModeGuard(layers::Module& module) : module_(module), training_(module.training()) {}
  ~ModeGuard() { module_.train(training_); }
  ModeGuard(const ModeGuard&) = delete;
  ModeGuard& operator=(const ModeGuard&) = delete;

 private:
  layers::Module& module_;
  bool training_;
};

// An Autocast where there is a dtype for one.
class MaybeAutocast {
 public:
  explicit MaybeAutocast(std::optional<DType> dtype) {
    if (dtype) scope_.emplace(*dtype);
  }

 private:
  std::optional<autograd::Autocast> scope_;
};

void require_batches(const char* what, data::DataLoader& loader) {
  if (loader.num_batches() > 0) return;
  throw ValueError(std::string("[fit] expected a ") + what +
                   " with at least one batch, got none (" +
                   std::to_string(loader.dataset().size()) + " examples, batch size " +
                   std::to_string(loader.options().batch_size) + ")");
}

// The module's output for a batch, or the weighted sum of those for all views of it.
Variable output_of(layers::Module& module, const Tensor& inputs, const std::vector<View>& views,
                   Device device) {
  if (views.empty()) return module(inputs.to(device));
  Variable output;
  for (const View& view : views) {
    const Variable part =
        module((view.change ? view.change(inputs) : inputs).to(device)) * view.weight;
    output = output.defined() ? output + part : part;
  }
  return output;
}

// One call of fit().
class Fit {
 public:
  Fit(layers::Module& module, data::DataLoader& loader, optim::Optimizer& optimizer,
      const FitOptions& options)
      : options_(options),
        device_(device_of(module)),
        run_{.module = module,
             .loader = loader,
             .optimizer = optimizer,
             .metrics = options.metrics,
             .callbacks = options.callbacks,
             .scaler = options.scaler,
             .epochs = options.epochs} {}

  absl::StatusOr<History> operator()() {
    absl::Status status = all_epochs();
    const absl::Status end = notify(&Callback::on_fit_end);
    if (status.ok()) status = end;
    if (!status.ok()) return status;
    return std::move(run_.history);
  }

 private:
  template <class... Args>
  absl::Status notify(absl::Status (Callback::*event)(Run&, Args...), Args... args) {
    for (Callback* callback : options_.callbacks) {
      if (absl::Status status = (callback->*event)(run_, args...); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status all_epochs() {
    reset_sums();
    absl::Status status = notify(&Callback::on_fit_begin);
    while (status.ok() && run_.epoch < run_.epochs && !run_.stop) status = epoch();
    return status;
  }

  absl::Status epoch() {
    if (absl::Status status = notify(&Callback::on_epoch_begin); !status.ok()) return status;
    if (run_.stop) return absl::OkStatus();
    run_.module.train();
    const double start = now();
    std::int64_t examples = 0;
    for (const data::Batch& batch : run_.loader) {
      if (absl::Status status = step(batch); !status.ok()) return status;
      examples += batch.size();
      if (run_.stop) return absl::OkStatus();
    }
    const double loss = run_.loss.value();  // waits for the device
    if (run_.loss.first_bad() > 0) return bad_loss();
    const absl::Status status = finish_epoch(loss, examples, now() - start);
    return status.ok() ? notify(&Callback::on_epoch_end) : status;
  }

  ForwardResult forward(const data::Batch& batch) const {
    const MaybeAutocast scope(options_.autocast);
    if (options_.forward) return options_.forward(run_.module, batch);
    const Variable output = run_.module(batch.inputs);
    return {output, loss_of(options_.loss, output, batch.targets)};
  }

  absl::Status step(const data::Batch& given) {
    const data::Batch batch{given.inputs.to(device_), given.targets.to(device_), given.indices};
    const Generator random = default_generator();
    const ForwardResult result = forward(batch);
    run_.loss.add(result.loss.value(), batch.size());
    if (run_.loss.first_bad() > 0) return bad_loss(culprit(batch, random));
    const Group group = group_of_batch();
    if (group.index == 0) run_.optimizer.zero_grad();
    Variable loss = result.loss;
    if (group.size > 1) loss = loss / static_cast<double>(group.size);
    if (options_.scaler) loss = options_.scaler->scale(loss);
    loss.backward();
    for (Metric* metric : run_.metrics) metric->update(result.output.value(), batch.targets);
    if (group.index + 1 == group.size) {
      if (absl::Status status = update(given); !status.ok()) return status;
    }
    return notify<const data::Batch&>(&Callback::on_batch_end, given);
  }

  absl::Status update(const data::Batch& batch) {
    if (absl::Status status = notify(&Callback::before_update); !status.ok()) return status;
    const optim::StepOptions step{.max_norm = options_.max_norm};
    if (options_.scaler) {
      options_.scaler->step(run_.optimizer, step);
    } else {
      run_.optimizer.step(step);
    }
    ++run_.step;
    return notify<const data::Batch&>(&Callback::on_step_end, batch);
  }

  // Batches whose gradients add up to one update: the last group of an epoch may be smaller.
  struct Group {
    std::int64_t index;  // of the batch at hand within it
    std::int64_t size;
  };
  Group group_of_batch() const {
    const std::int64_t batch = run_.loader.state().batch - 1;
    const std::int64_t first = batch - batch % options_.accumulate;
    return {batch - first,
            std::min<std::int64_t>(options_.accumulate, run_.loader.num_batches() - first)};
  }

  // What first gave a NaN in the forward pass of a batch, in anomaly detection's words; "" where it
  // does not say: infinities pass, and on an accelerator the batch at hand may be a later one.
  std::string culprit(const data::Batch& batch, const Generator& random) const {
    const Generator now = std::exchange(default_generator(), random);
    std::string words;
    try {
      const autograd::DetectAnomaly guard;
      forward(batch);
    } catch (const AutogradError& e) {
      words = e.what();
    }
    default_generator() = now;
    return words;
  }

  absl::Status bad_loss(const std::string& culprit = {}) const {
    return absl::AbortedError(
        "the loss is " + std::to_string(run_.loss.bad_value()) + " in epoch " +
        std::to_string(run_.epoch + 1) + ", step " + std::to_string(run_.loss.first_bad()) +
        " of " + std::to_string(run_.loader.num_batches()) +
        (culprit.empty() ? "" : ": " + culprit) + ": try a lower learning rate (it is " +
        std::to_string(run_.optimizer.lr()) + ")");
  }

  // Counts the epoch and writes its record.
  absl::Status finish_epoch(double loss, std::int64_t examples, double seconds) {
    EpochRecord record{.epoch = ++run_.epoch};
    add_values("train_", loss, record);
    if (options_.validation) {
      if (absl::Status status = validate(record); !status.ok()) return status;
    }
    record.values.push_back({"lr", run_.optimizer.lr()});
    record.values.push_back({"seconds", seconds});
    record.values.push_back({"items_per_second", static_cast<double>(examples) / seconds});
    run_.history.push_back(std::move(record));
    reset_sums();
    return absl::OkStatus();
  }

  absl::Status validate(EpochRecord& record) {
    if (absl::Status status = notify(&Callback::before_validation); !status.ok()) return status;
    const Evaluation validation = evaluate(
        run_.module, *options_.validation,
        {.loss = options_.loss, .metrics = options_.metrics, .autocast = options_.autocast});
    add_values("val_", validation.loss, record);
    return notify(&Callback::after_validation);
  }

  void add_values(const std::string& prefix, double loss, EpochRecord& record) const {
    record.values.push_back({prefix + "loss", loss});
    for (const Metric* metric : run_.metrics) {
      record.values.push_back({prefix + metric->name(), metric->value()});
    }
  }

  void reset_sums() {
    run_.loss.reset();
    for (Metric* metric : run_.metrics) metric->reset();
  }

  const FitOptions& options_;
  Device device_;
  Run run_;
};

}  // namespace

absl::StatusOr<History> fit(layers::Module& module, data::DataLoader& loader,
                            optim::Optimizer& optimizer, const FitOptions& options) {
  if (options.epochs < 0) {
    throw ValueError("[fit] expected epochs of 0 or more, got " + std::to_string(options.epochs));
  }
  if (options.accumulate < 1) {
    throw ValueError("[fit] expected an accumulate of 1 or more, got " +
                     std::to_string(options.accumulate));
  }
  require_batches("loader", loader);
  if (options.validation) require_batches("validation loader", *options.validation);
  return Fit(module, loader, optimizer, options)();
}

Evaluation evaluate(layers::Module& module, data::DataLoader& loader,
                    const EvaluateOptions& options) {
  const ModeGuard mode(module);
  module.eval();
  const autograd::NoGrad no_grad;
  const MaybeAutocast scope(options.autocast);
  const Device device = device_of(module);
  for (Metric* metric : options.metrics) metric->reset();
  LossMean loss;
  Evaluation result;
  for (const data::Batch& batch : loader) {
    const Tensor target = batch.targets.to(device);
    const Variable output = output_of(module, batch.inputs, options.views, device);
    loss.add(loss_of(options.loss, output, target).value(), batch.size());
    for (Metric* metric : options.metrics) metric->update(output.value(), target);
    result.examples += batch.size();
  }
  result.loss = loss.value();
  return result;
}

}  // namespace tenon::train
