#include "regularize/weight_average.h"

#include <utility>

#include "layers/batch_norm.h"
#include "regularize/internal/check.h"
#include "tensor/ops.h"

namespace tenon::regularize {

WeightAverage::WeightAverage(const layers::Module& module, const WeightAverageOptions& options)
    : options_(options), parameters_(module.parameters()) {
  internal::require("WeightAverage", options.first_epoch >= 1, "a first_epoch of at least 1",
                    options.first_epoch);
  internal::require("WeightAverage", options.every_epochs >= 1, "every_epochs of at least 1",
                    options.every_epochs);
  for (const layers::Variable& parameter : parameters_) {
    averages_.push_back(zeros_like(parameter.value()).to(promote(parameter.dtype(), DType::kF32)));
  }
}

void WeightAverage::update() {
  ++count_;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    const Tensor& average = averages_[i];
    const Tensor now = parameters_[i].value().to(average.dtype());
    average.copy_(average + (now - average) / static_cast<double>(count_));
  }
}

void WeightAverage::apply() const {
  if (count_ == 0) {
    throw ValueError(
        "[WeightAverage] expected weights to have been averaged, got none: training "
        "ended before epoch " +
        std::to_string(options_.first_epoch));
  }
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].value().copy_(averages_[i]);
}

absl::Status WeightAverage::on_epoch_end(train::Run& run) {
  const int past = run.epoch - options_.first_epoch;
  if (past >= 0 && past % options_.every_epochs == 0) update();
  return absl::OkStatus();
}

layers::StateDict WeightAverage::state_dict() const {
  layers::StateDict state;
  state.emplace_back("count", from_vector<std::int64_t>({count_}));
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    state.emplace_back(std::to_string(i), averages_[i]);
  }
  return state;
}

void WeightAverage::load_state_dict(const layers::StateDict& state) {
  if (state.size() != averages_.size() + 1) {
    throw ValueError("[WeightAverage] expected a state of " + std::to_string(averages_.size()) +
                     " averages, got " + std::to_string(state.size()) + " entries");
  }
  for (std::size_t i = 0; i < averages_.size(); ++i) {
    if (state[i + 1].second.shape() != averages_[i].shape()) {
      throw ShapeError("[WeightAverage] expected an average " + to_string(averages_[i].shape()) +
                       ", got " + to_string(state[i + 1].second.shape()));
    }
  }
  count_ = state[0].second.item<std::int64_t>();
  for (std::size_t i = 0; i < averages_.size(); ++i) averages_[i].copy_(state[i + 1].second);
}

void update_batch_norm(layers::Module& module, data::DataLoader& loader) {
  std::vector<std::pair<layers::BatchNorm*, double>> norms;
  for (const auto& [name, part] : module.named_modules()) {
    if (auto* norm = dynamic_cast<layers::BatchNorm*>(part))
      norms.emplace_back(norm, norm->momentum());
  }
  if (norms.empty()) return;
  const autograd::NoGrad no_grad;
  const bool training = module.training();
  const Device device = module.parameters().empty() ? kCpu : module.parameters().front().device();
  module.train();
  std::int64_t batches = 0;
  for (const data::Batch& batch : loader) {
    ++batches;
    for (const auto& [norm, before] : norms) norm->set_momentum(1.0 / static_cast<double>(batches));
    module(batch.inputs.to(device));
  }
  for (const auto& [norm, before] : norms) norm->set_momentum(before);
  module.train(training);
}

}  // namespace tenon::regularize
