#include "train/loss_mean.h"

#include <cmath>
#include <string>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::train {
namespace {

constexpr std::size_t kMaxUnread = 64;

}  // namespace

void LossMean::reset() {
  mean_.reset();
  count_ = 0;
  first_bad_ = 0;
  unread_.clear();
}

void LossMean::add(const Tensor& loss, std::int64_t examples) {
  if (loss.device().is_cpu()) {
    read(loss.item<double>(), examples);
    return;
  }
  unread_.push_back({loss.reshape({}), examples});
  if (unread_.size() == kMaxUnread) read_all();
}

void LossMean::read(double loss, std::int64_t examples) {
  ++count_;
  mean_.add(loss, static_cast<double>(examples));
  if (first_bad_ == 0 && !std::isfinite(loss)) {
    first_bad_ = count_;
    bad_value_ = loss;
  }
}

// One transfer for all of them.
void LossMean::read_all() {
  if (unread_.empty()) return;
  std::vector<Tensor> losses;
  for (const Unread& u : unread_) losses.push_back(u.loss);
  const std::vector<double> values = stack(losses).to(DType::kF64).to(kCpu).to_vector<double>();
  for (std::size_t i = 0; i < values.size(); ++i) read(values[i], unread_[i].examples);
  unread_.clear();
}

double LossMean::value() {
  read_all();
  return mean_.value();
}

std::vector<double> LossMean::state() {
  read_all();
  return {mean_.sum(), mean_.weight(), static_cast<double>(count_)};
}

void LossMean::set_state(std::span<const double> state) {
  if (state.size() != 3) {
    throw ValueError("[loss_mean] expected a state of 3 numbers, got " +
                     std::to_string(state.size()));
  }
  reset();
  mean_.restore(state[0], state[1]);
  count_ = static_cast<std::int64_t>(state[2]);
}

}  // namespace tenon::train
