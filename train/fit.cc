#include "train/fit.h"

#include <chrono>
#include <string>
#include <utility>

#include "autograd/ops.h"
#include "tensor/error.h"

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
    finish_epoch(loss, examples, now() - start);
    return notify(&Callback::on_epoch_end);
  }

  absl::Status step(const data::Batch& batch) {
    const Tensor target = batch.targets.to(device_);
    const Variable output = run_.module(batch.inputs.to(device_));
    const Variable loss = loss_of(options_.loss, output, target);
    run_.loss.add(loss.value(), batch.size());
    if (run_.loss.first_bad() > 0) return bad_loss();
    run_.optimizer.zero_grad();
    loss.backward();
    if (absl::Status status = notify(&Callback::before_update); !status.ok()) return status;
    run_.optimizer.step();
    ++run_.step;
    for (Metric* metric : run_.metrics) metric->update(output.value(), target);
    return notify<const data::Batch&>(&Callback::on_step_end, batch);
  }

  absl::Status bad_loss() const {
    return absl::AbortedError("the loss is " + std::to_string(run_.loss.bad_value()) +
                              " in epoch " + std::to_string(run_.epoch + 1) + ", step " +
                              std::to_string(run_.loss.first_bad()) + " of " +
                              std::to_string(run_.loader.num_batches()) +
                              ": try a lower learning rate (it is " +
                              std::to_string(run_.optimizer.lr()) + ")");
  }

  // Counts the epoch and writes its record.
  void finish_epoch(double loss, std::int64_t examples, double seconds) {
    EpochRecord record{.epoch = ++run_.epoch};
    add_values("train_", loss, record);
    if (options_.validation) {
      const Evaluation validation =
          evaluate(run_.module, *options_.validation,
                   {.loss = options_.loss, .metrics = options_.metrics});
      add_values("val_", validation.loss, record);
    }
    record.values.push_back({"lr", run_.optimizer.lr()});
    record.values.push_back({"seconds", seconds});
    record.values.push_back({"items_per_second", static_cast<double>(examples) / seconds});
    run_.history.push_back(std::move(record));
    reset_sums();
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
  if (loader.num_batches() == 0) {
    throw ValueError("[fit] expected a loader with at least one batch, got none (" +
                     std::to_string(loader.dataset().size()) + " examples, batch size " +
                     std::to_string(loader.options().batch_size) + ")");
  }
  return Fit(module, loader, optimizer, options)();
}

Evaluation evaluate(layers::Module& module, data::DataLoader& loader,
                    const EvaluateOptions& options) {
  const ModeGuard mode(module);
  module.eval();
  const autograd::NoGrad no_grad;
  const Device device = device_of(module);
  for (Metric* metric : options.metrics) metric->reset();
  LossMean loss;
  Evaluation result;
  for (const data::Batch& batch : loader) {
    const Tensor target = batch.targets.to(device);
    const Variable output = module(batch.inputs.to(device));
    loss.add(loss_of(options.loss, output, target).value(), batch.size());
    for (Metric* metric : options.metrics) metric->update(output.value(), target);
    result.examples += batch.size();
  }
  result.loss = loss.value();
  return result;
}

}  // namespace tenon::train
