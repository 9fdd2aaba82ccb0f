#include "train/class_metrics.h"

#include <cmath>
#include <limits>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::train {
namespace {

double quotient(double a, double b) { return b > 0 ? a / b : 0; }

}  // namespace

TopK::TopK(int k) : k_(k) {
  if (k < 1) throw ValueError("[TopK] expected a k of at least 1, got " + std::to_string(k));
}

void TopK::update(const Tensor& output, const Tensor& target) {
  if (output.ndim() != 2 || output.size(1) < k_ || target.shape() != Shape{output.size(0)}) {
    throw ShapeError("[TopK] expected output [N,C] with C of at least " + std::to_string(k_) +
                     " and target [N], got " + to_string(output.shape()) + " and " +
                     to_string(target.shape()));
  }
  if (output.size(0) == 0) return;
  const std::int64_t classes = output.size(1);
  const Tensor label = target.unsqueeze(1);
  const Tensor own = gather(output, 1, label);
  const Tensor order = arange(0, static_cast<double>(classes)).to(output.device());
  // What stands before the label: larger logits, and equal ones of lower classes.
  const Tensor larger = sum(gt(output, own), {1});
  const Tensor equal =
      sum(where(lt(order, label), eq(output, own), zeros_like(eq(output, own))), {1});
  const Tensor hits = lt(larger + equal, static_cast<double>(k_));
  // A NaN is larger than nothing, and would count as right.
  const Tensor valid = eq(own.squeeze(1), own.squeeze(1));
  const double right = sum(where(valid, hits, zeros_like(hits))).item<double>();
  const auto count = static_cast<double>(output.size(0));
  mean_.add(right / count, count);
}

void TopK::set_state(std::span<const double> state) {
  if (state.size() != 2) {
    throw ValueError("[TopK] expected a state of 2 numbers, got " + std::to_string(state.size()));
  }
  mean_.restore(state[0], state[1]);
}

double ConfusionFigure::value() const {
  double sum = 0;
  double weights = 0;
  for (int c = 0; c < matrix_.classes(); ++c) {
    double predicted = 0;
    double actual = 0;
    for (int other = 0; other < matrix_.classes(); ++other) {
      predicted += static_cast<double>(matrix_.count(other, c));
      actual += static_cast<double>(matrix_.count(c, other));
    }
    if (predicted == 0 && actual == 0) continue;
    const double weight = average_ == Average::kWeighted ? actual : 1;
    sum += weight * figure(static_cast<double>(matrix_.count(c, c)), predicted, actual);
    weights += weight;
  }
  return weights > 0 ? sum / weights : std::numeric_limits<double>::quiet_NaN();
}

double Precision::figure(double right, double predicted, double) const {
  return quotient(right, predicted);
}

double Recall::figure(double right, double, double actual) const { return quotient(right, actual); }

double F1::figure(double right, double predicted, double actual) const {
  return quotient(2 * right, predicted + actual);
}

void Perplexity::update(const Tensor& output, const Tensor& target) {
  if (output.ndim() < 2 || output.numel() != target.numel() * output.size(-1)) {
    throw ShapeError("[Perplexity] expected output [..,C] and target [..], got " +
                     to_string(output.shape()) + " and " + to_string(target.shape()));
  }
  if (target.numel() == 0) return;
  const Tensor logits = output.reshape({target.numel(), output.size(-1)});
  loss_.add(cross_entropy(logits, target.reshape({target.numel()})), target.numel());
}

double Perplexity::value() const { return std::exp(loss_.value()); }

}  // namespace tenon::train
