#include "optim/moving_average.h"

#include <algorithm>
#include <string>

#include "optim/internal/check.h"
#include "optim/internal/state_reader.h"
#include "tensor/captured_step.h"
#include "tensor/error.h"
#include "tensor/ops/optimizer.h"

namespace tenon::optim {
namespace {

constexpr const char* kName = "MovingAverage";

std::string key(std::size_t parameter) { return "average." + std::to_string(parameter); }

Tensor copy_of(const autograd::Variable& parameter, const Tensor& source) {
  const DType dtype = parameter.dtype() == DType::kF64 ? DType::kF64 : DType::kF32;
  Tensor copy = empty_like(parameter.value(), dtype);
  copy.copy_(source);
  return copy;
}

}  // namespace

MovingAverage::MovingAverage(std::vector<autograd::Variable> parameters,
                             const MovingAverageOptions& options)
    : parameters_(std::move(parameters)), options_(options) {
  internal::require(internal::is_beta(options.decay), kName, "a decay in [0,1)", options.decay);
  internal::check_parameters(kName, parameters_);
  for (const auto& parameter : parameters_)
    averages_.push_back(copy_of(parameter, parameter.value()));
}

void MovingAverage::update() {
  if (!saved_.empty()) throw ValueError("[MovingAverage] expected restore() before update()");
  std::vector<Tensor> values;
  for (const auto& parameter : parameters_) values.push_back(parameter.value());
  each_step([this, values] {
    const auto n = static_cast<double>(updates_);
    const double decay =
        options_.warmup ? std::min(options_.decay, (1 + n) / (10 + n)) : options_.decay;
    optimizer_update_({.parameters = averages_, .grads = values}, AverageStep{.decay = decay});
    ++updates_;
  });
}

void MovingAverage::apply() {
  if (!saved_.empty())
    throw ValueError("[MovingAverage] expected restore() before another apply()");
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    saved_.push_back(parameters_[i].value().clone());
    parameters_[i].value().copy_(averages_[i]);
  }
}

void MovingAverage::restore() {
  if (saved_.empty()) throw ValueError("[MovingAverage] expected apply() before restore()");
  for (std::size_t i = 0; i < parameters_.size(); ++i) parameters_[i].value().copy_(saved_[i]);
  saved_.clear();
}

StateDict MovingAverage::state_dict() const {
  StateDict dict{{"average.updates", internal::integer_entry(updates_)}};
  for (std::size_t i = 0; i < averages_.size(); ++i) dict.emplace_back(key(i), averages_[i]);
  return dict;
}

void MovingAverage::load_state_dict(const StateDict& state) {
  internal::StateReader reader(state, kName);
  const std::int64_t updates = reader.integer("average.updates");
  reader.require(updates >= 0, "\"average.updates\" is negative: " + std::to_string(updates));
  std::vector<Tensor> averages;
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    averages.push_back(copy_of(parameters_[i], reader.take(key(i), parameters_[i].shape())));
  }
  reader.finish();
  updates_ = updates;
  averages_ = std::move(averages);
}

}  // namespace tenon::optim
