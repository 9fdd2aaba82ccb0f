#include "train/checkpoint.h"

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "layers/module.h"
#include "optim/loss_scaler.h"
#include "optim/optimizer.h"
#include "tensor/error.h"
#include "tensor/io/safetensors.h"
#include "train/internal/leftovers.h"
#include "train/internal/run_state_json.h"

namespace tenon::train {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kModel = "model.";
constexpr std::string_view kOptimizer = "optimizer.";
constexpr std::string_view kCallback = "callback.";
constexpr std::string_view kScaler = "scaler.";
// What the metadata calls the format, and where in it the RunState is.
constexpr const char* kFormatKey = "format";
constexpr const char* kFormat = "tenon.checkpoint.1";
constexpr const char* kStateKey = "state";

void append(std::string_view prefix, const StateDict& state, StateDict& all) {
  for (const auto& [name, tensor] : state) all.emplace_back(std::string(prefix) + name, tensor);
}

// The entries below `prefix`, without it.
StateDict part(std::string_view prefix, const StateDict& all) {
  StateDict state;
  for (const auto& [name, tensor] : all) {
    if (name.rfind(prefix, 0) == 0) state.emplace_back(name.substr(prefix.size()), tensor);
  }
  return state;
}

StateDict cloned(StateDict state) {
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  return state;
}

// Both or neither.
void load_states(const StateDict& all, layers::Module& module, optim::Optimizer& optimizer) {
  const StateDict before = cloned(module.state_dict());
  module.load_state_dict(part(kModel, all));
  try {
    optimizer.load_state_dict(part(kOptimizer, all));
  } catch (const Error&) {
    module.load_state_dict(before);
    throw;
  }
}

absl::StatusOr<internal::SavedRun> read_run(const std::string& path, const SafetensorsFile& file) {
  const auto format = file.metadata.find(kFormatKey);
  if (format == file.metadata.end() || format->second != kFormat) {
    return absl::InvalidArgumentError(path + ": expected a checkpoint (metadata \"" + kFormatKey +
                                      "\" \"" + kFormat + "\"), got another safetensors file");
  }
  const auto text = file.metadata.find(kStateKey);
  if (text == file.metadata.end()) {
    return absl::DataLossError(path + ": the metadata lack \"" + kStateKey + "\"");
  }
  auto run = internal::from_json(text->second);
  if (run.ok()) return run;
  return absl::DataLossError(path + ": metadata \"" + kStateKey +
                             "\": " + std::string(run.status().message()));
}

// "run/checkpoint-0003.safetensors".
std::string kept_path(const std::string& path, int epoch) {
  char number[16];
  std::snprintf(number, sizeof number, "-%04d", epoch);
  const fs::path file(path);
  return (file.parent_path() / (file.stem().string() + number + file.extension().string()))
      .string();
}

// The first difference in words, or "".
std::string difference(const Settings& saved, const Settings& wanted) {
  for (std::size_t i = 0; i < saved.size() && i < wanted.size(); ++i) {
    if (saved[i] == wanted[i]) continue;
    return saved[i].first + "=" + saved[i].second + ", but this run has " + wanted[i].first + "=" +
           wanted[i].second;
  }
  if (saved.size() == wanted.size()) return "";
  return std::to_string(saved.size()) + " settings, but this run has " +
         std::to_string(wanted.size());
}

}  // namespace

absl::Status save_checkpoint(const std::string& path, const layers::Module& module,
                             const optim::Optimizer& optimizer, const RunState& state) {
  SafetensorsFile file;
  append(kModel, module.state_dict(), file.tensors);
  append(kOptimizer, optimizer.state_dict(), file.tensors);
  append(kCallback, state.callbacks, file.tensors);
  file.metadata[kFormatKey] = kFormat;
  file.metadata[kStateKey] = internal::to_json({.state = state, .generator = default_generator()});
  return write_safetensors(path, file);
}

absl::StatusOr<RunState> load_checkpoint(const std::string& path, layers::Module& module,
                                         optim::Optimizer& optimizer, const Settings* expected) {
  const absl::StatusOr<SafetensorsFile> file = read_safetensors(path);
  if (!file.ok()) return file.status();
  auto run = read_run(path, *file);
  if (!run.ok()) return run.status();
  if (expected && run->state.settings != *expected) {
    return absl::FailedPreconditionError(path + ": written with " +
                                         difference(run->state.settings, *expected));
  }
  try {
    load_states(file->tensors, module, optimizer);
  } catch (const Error& e) {
    return absl::InvalidArgumentError(path + ": " + e.what());
  }
  default_generator() = run->generator;
  run->state.callbacks = part(kCallback, file->tensors);
  return std::move(run->state);
}

Checkpoint::Checkpoint(CheckpointOptions options) : options_(std::move(options)) {
  if (options_.path.empty()) throw ValueError("[checkpoint] expected a path, got none");
  if (options_.keep_last < 0) {
    throw ValueError("[checkpoint] expected a keep_last of 0 or more, got " +
                     std::to_string(options_.keep_last));
  }
  if (options_.every_epochs < 0 || options_.every_steps < 0) {
    throw ValueError("[checkpoint] expected every_epochs and every_steps of 0 or more, got " +
                     std::to_string(options_.every_epochs) + " and " +
                     std::to_string(options_.every_steps));
  }
}

// What decides the order of the batches belongs to the settings: another order would go unnoticed.
Settings Checkpoint::settings(const Run& run) const {
  const data::DataLoaderOptions& loader = run.loader.options();
  Settings all = options_.settings;
  all.emplace_back("examples", std::to_string(run.loader.dataset().size()));
  all.emplace_back("batch_size", std::to_string(loader.batch_size));
  all.emplace_back("drop_last", std::to_string(loader.drop_last));
  all.emplace_back("shuffle", std::to_string(loader.shuffle));
  all.emplace_back("loader_seed", std::to_string(loader.seed));
  return all;
}

absl::Status Checkpoint::on_fit_begin(Run& run) {
  internal::remove_leftovers(options_.path);
  if (!options_.best_path.empty()) internal::remove_leftovers(options_.best_path);
  best_ = std::numeric_limits<double>::quiet_NaN();
  if (!options_.resume) return absl::OkStatus();
  const Settings wanted = settings(run);
  absl::StatusOr<RunState> state =
      load_checkpoint(options_.path, run.module, run.optimizer, &wanted);
  if (absl::IsNotFound(state.status())) return absl::OkStatus();  // killed before the first one
  if (!state.ok()) return state.status();
  return restore(std::move(*state), run);
}

absl::Status Checkpoint::restore(RunState state, Run& run) {
  if (state.sums.size() != run.metrics.size() + 1) {
    return absl::InvalidArgumentError(
        options_.path + ": written with " + std::to_string(state.sums.size() - 1) +
        " metrics, but this run has " + std::to_string(run.metrics.size()));
  }
  const StateDict scaler = part(kScaler, state.callbacks);
  if (scaler.empty() != (run.scaler == nullptr)) {
    return absl::InvalidArgumentError(options_.path + ": written with" +
                                      (scaler.empty() ? "out a loss scaler, but this run has one"
                                                      : " a loss scaler, but this run has none"));
  }
  try {
    if (run.scaler) run.scaler->load_state_dict(scaler);
    run.loader.restore(state.loader);
    run.loss.set_state(state.sums[0]);
    for (std::size_t i = 0; i < run.metrics.size(); ++i) {
      run.metrics[i]->set_state(state.sums[i + 1]);
    }
    for (Callback* callback : run.callbacks) {
      if (callback->name().empty()) continue;
      callback->load_state_dict(part(callback->name() + ".", state.callbacks));
    }
  } catch (const Error& e) {
    return absl::DataLossError(options_.path + ": " + e.what());
  }
  run.epoch = state.epoch;
  run.step = state.step;
  run.history = std::move(state.history);
  best_ = state.best;
  return absl::OkStatus();
}

absl::Status Checkpoint::save(Run& run, const std::string& path) const {
  RunState state{.epoch = run.epoch,
                 .step = run.step,
                 .loader = run.loader.state(),
                 .history = run.history,
                 .best = best_,
                 .settings = settings(run),
                 .sums = {run.loss.state()}};
  for (const Metric* metric : run.metrics) state.sums.push_back(metric->state());
  for (const Callback* callback : run.callbacks) {
    if (!callback->name().empty()) {
      append(callback->name() + ".", callback->state_dict(), state.callbacks);
    }
  }
  if (run.scaler) append(kScaler, run.scaler->state_dict(), state.callbacks);
  return save_checkpoint(path, run.module, run.optimizer, state);
}

// A second name for the file just written, which a later one replaces under its first name only.
absl::Status Checkpoint::keep(int epoch) const {
  const std::string kept = kept_path(options_.path, epoch);
  std::error_code error;
  fs::remove(kept, error);
  fs::create_hard_link(options_.path, kept, error);
  if (error) fs::copy_file(options_.path, kept, error);  // a file system without links
  if (error) return absl::UnavailableError(kept + ": " + error.message());
  for (int old = epoch - options_.keep_last; old > 0; --old) {
    if (!fs::remove(kept_path(options_.path, old), error)) break;
  }
  return absl::OkStatus();
}

absl::Status Checkpoint::on_step_end(Run& run, const data::Batch&) {
  if (options_.every_steps == 0 || run.step % options_.every_steps != 0) return absl::OkStatus();
  return save(run, options_.path);
}

bool Checkpoint::is_best(const Run& run) const {
  const double now = run.history.back().value(options_.monitor);
  if (std::isnan(now)) return false;
  return std::isnan(best_) || (options_.higher_is_better ? now > best_ : now < best_);
}

absl::Status Checkpoint::on_epoch_end(Run& run) {
  if (!options_.best_path.empty() && is_best(run)) {
    best_ = run.history.back().value(options_.monitor);
    if (absl::Status status = save(run, options_.best_path); !status.ok()) return status;
  }
  const bool due = options_.every_epochs > 0 && run.epoch % options_.every_epochs == 0;
  const bool last = run.epoch >= run.epochs || run.stop;
  if (!due && !last) return absl::OkStatus();
  absl::Status status = save(run, options_.path);
  if (status.ok() && options_.keep_last > 0) status = keep(run.epoch);
  return status;
}

}  // namespace tenon::train
