#include "train/early_stopping.h"

#include <cmath>
#include <utility>

#include "layers/module.h"
#include "tensor/error.h"

namespace tenon::train {
namespace {

constexpr const char* kWeights = "weights.";

StateDict cloned(StateDict state) {
  for (auto& [name, tensor] : state) tensor = tensor.clone();
  return state;
}

}  // namespace

EarlyStopping::EarlyStopping(EarlyStoppingOptions options) : options_(std::move(options)) {
  if (options_.monitor.empty()) throw ValueError("[EarlyStopping] expected a name to monitor");
  if (options_.patience < 1) {
    throw ValueError("[EarlyStopping] expected a patience of at least 1, got " +
                     std::to_string(options_.patience));
  }
  if (!(options_.min_change >= 0) || !std::isfinite(options_.min_change)) {
    throw ValueError("[EarlyStopping] expected a finite min_change of 0 or more, got " +
                     std::to_string(options_.min_change));
  }
}

bool EarlyStopping::is_progress(double figure) const {
  if (std::isnan(figure)) return false;
  if (std::isnan(best_)) return true;
  return options_.higher_is_better ? figure > best_ + options_.min_change
                                   : figure < best_ - options_.min_change;
}

bool EarlyStopping::update(const layers::Module& module, double figure) {
  if (is_progress(figure)) {
    best_ = figure;
    in_vain_ = 0;
    if (options_.restore_best) weights_ = cloned(module.state_dict());
  } else {
    ++in_vain_;
  }
  return stop();
}

void EarlyStopping::restore_best(layers::Module& module) const {
  if (!weights_.empty()) module.load_state_dict(weights_);
}

absl::Status EarlyStopping::on_fit_begin(Run& run) {
  if (run.epoch == 0 && run.step == 0) {  // not resumed
    best_ = std::numeric_limits<double>::quiet_NaN();
    in_vain_ = 0;
    weights_.clear();
  }
  return absl::OkStatus();
}

// A run that had stopped and is resumed stays so.
absl::Status EarlyStopping::on_epoch_begin(Run& run) {
  run.stop = run.stop || stop();
  return absl::OkStatus();
}

absl::Status EarlyStopping::on_epoch_end(Run& run) {
  const absl::StatusOr<double> figure = monitored(run.history.back(), options_.monitor);
  if (!figure.ok()) return figure.status();
  if (update(run.module, *figure)) run.stop = true;
  return absl::OkStatus();
}

absl::Status EarlyStopping::on_fit_end(Run& run) {
  if (options_.restore_best) restore_best(run.module);
  return absl::OkStatus();
}

StateDict EarlyStopping::state_dict() const {
  StateDict state;
  state.emplace_back("best", scalar(best_, {.dtype = DType::kF64}));
  state.emplace_back("in_vain", scalar(in_vain_, {.dtype = DType::kI64}));
  for (const auto& [name, tensor] : weights_) state.emplace_back(kWeights + name, tensor);
  return state;
}

void EarlyStopping::load_state_dict(const StateDict& state) {
  if (state.size() < 2 || state[0].first != "best" || state[1].first != "in_vain") {
    throw ValueError("[EarlyStopping] expected a state with \"best\" and \"in_vain\"");
  }
  const double best = state[0].second.item<double>();
  const auto in_vain = state[1].second.item<std::int64_t>();
  StateDict weights;
  for (std::size_t i = 2; i < state.size(); ++i) {
    const std::string& name = state[i].first;
    if (!name.starts_with(kWeights)) {
      throw ValueError("[EarlyStopping] unexpected \"" + name + "\" in the state");
    }
    weights.emplace_back(name.substr(std::string(kWeights).size()), state[i].second.clone());
  }
  best_ = best;
  in_vain_ = static_cast<int>(in_vain);
  weights_ = std::move(weights);
}

}  // namespace tenon::train
