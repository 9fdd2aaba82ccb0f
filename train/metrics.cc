#include "train/metrics.h"

#include <limits>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::train {
namespace {

void check_batch(const char* op, const Tensor& output, const Tensor& target) {
  if (!output.defined() || !target.defined()) {
    throw ValueError(std::string("[") + op + "] expected defined tensors, got an undefined one");
  }
  if (output.ndim() != 2 || target.ndim() != 1 || output.size(0) != target.size(0)) {
    throw ShapeError(std::string("[") + op + "] expected output [N,C] and target [N], got " +
                     to_string(output.shape()) + " and " + to_string(target.shape()));
  }
  if (output.size(1) == 0) {
    throw ShapeError(std::string("[") + op + "] expected at least one class, got output " +
                     to_string(output.shape()));
  }
  if (target.dtype() != DType::kI64 || !is_floating(output.dtype())) {
    throw DTypeError(std::string("[") + op + "] expected floating output and i64 target, got " +
                     std::string(name(output.dtype())) + " and " +
                     std::string(name(target.dtype())));
  }
}

std::int64_t largest(const float* row, std::int64_t classes) {
  std::int64_t best = 0;
  for (std::int64_t c = 1; c < classes; ++c) {
    if (row[c] > row[best]) best = c;
  }
  return best;
}

// Calls visit(label, prediction) for each example of a batch in host memory.
template <class Visit>
void for_each_prediction(const Tensor& output, const Tensor& target, Visit visit) {
  const Tensor logits = output.to(DType::kF32).contiguous();
  const Tensor labels = target.contiguous();
  const std::int64_t examples = logits.size(0);
  const std::int64_t classes = logits.size(1);
  const float* row = logits.data<float>();
  const std::int64_t* label = labels.data<std::int64_t>();
  for (std::int64_t n = 0; n < examples; ++n, row += classes) visit(label[n], largest(row, classes));
}

void check_state(const char* op, std::span<const double> state, std::size_t expected) {
  if (state.size() == expected) return;
  throw ValueError(std::string("[") + op + "] expected a state of " + std::to_string(expected) +
                   " numbers, got " + std::to_string(state.size()));
}

double ratio(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? std::numeric_limits<double>::quiet_NaN()
                    : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

void Accuracy::reset() {
  correct_ = 0;
  examples_ = 0;
  unread_.clear();
}

void Accuracy::update(const Tensor& output, const Tensor& given) {
  const bool mixed = is_floating(given.dtype()) && given.ndim() == 2 && given.size(1) > 0;
  const Tensor target = mixed ? argmax(given, 1) : given;
  check_batch("accuracy", output, target);
  examples_ += output.size(0);
  if (output.device().is_cpu()) {
    std::int64_t correct = 0;
    for_each_prediction(output, target.to(kCpu), [&](std::int64_t label, std::int64_t predicted) {
      correct += label == predicted;
    });
    correct_ += correct;
  } else {
    unread_.push_back(sum(eq(argmax(output, 1), target.to(output.device()))));
  }
}

void Accuracy::settle() const {
  for (const Tensor& count : unread_) correct_ += count.item<std::int64_t>();
  unread_.clear();
}

double Accuracy::value() const {
  settle();
  return ratio(correct_, examples_);
}

std::vector<double> Accuracy::state() const {
  settle();
  return {static_cast<double>(correct_), static_cast<double>(examples_)};
}

void Accuracy::set_state(std::span<const double> state) {
  check_state("accuracy", state, 2);
  reset();
  correct_ = static_cast<std::int64_t>(state[0]);
  examples_ = static_cast<std::int64_t>(state[1]);
}

ConfusionMatrix::ConfusionMatrix(int classes) : classes_(classes) {
  if (classes < 1) {
    throw ValueError("[confusion_matrix] expected at least one class, got " +
                     std::to_string(classes));
  }
  counts_.assign(static_cast<std::size_t>(classes) * static_cast<std::size_t>(classes), 0);
}

void ConfusionMatrix::reset() { counts_.assign(counts_.size(), 0); }

void ConfusionMatrix::update(const Tensor& output, const Tensor& target) {
  check_batch("confusion_matrix", output, target);
  if (output.size(1) != classes_) {
    throw ShapeError("[confusion_matrix] expected output [N," + std::to_string(classes_) +
                     "], got " + to_string(output.shape()));
  }
  // Counted apart first: a bad label leaves the matrix as it was.
  std::vector<std::int64_t> counts = counts_;
  for_each_prediction(output.to(kCpu), target.to(kCpu), [&](std::int64_t label, std::int64_t got) {
    if (label < 0 || label >= classes_) {
      throw IndexError("[confusion_matrix] expected labels in [0," + std::to_string(classes_) +
                       "), got " + std::to_string(label));
    }
    ++counts[static_cast<std::size_t>(label * classes_ + got)];
  });
  counts_.swap(counts);
}

double ConfusionMatrix::value() const {
  std::int64_t correct = 0;
  std::int64_t examples = 0;
  for (int c = 0; c < classes_; ++c) correct += count(c, c);
  for (const std::int64_t n : counts_) examples += n;
  return ratio(correct, examples);
}

std::vector<double> ConfusionMatrix::state() const { return {counts_.begin(), counts_.end()}; }

void ConfusionMatrix::set_state(std::span<const double> state) {
  check_state("confusion_matrix", state, counts_.size());
  counts_.assign(state.begin(), state.end());
}

std::int64_t ConfusionMatrix::count(int truth, int predicted) const {
  if (truth < 0 || truth >= classes_ || predicted < 0 || predicted >= classes_) {
    throw IndexError("[confusion_matrix] expected classes in [0," + std::to_string(classes_) +
                     "), got " + std::to_string(truth) + " and " + std::to_string(predicted));
  }
  return counts_[static_cast<std::size_t>(truth) * static_cast<std::size_t>(classes_) +
                 static_cast<std::size_t>(predicted)];
}

double ConfusionMatrix::recall(int truth) const {
  std::int64_t all = 0;
  for (int c = 0; c < classes_; ++c) all += count(truth, c);
  return ratio(count(truth, truth), all);
}

double ConfusionMatrix::precision(int predicted) const {
  std::int64_t all = 0;
  for (int c = 0; c < classes_; ++c) all += count(c, predicted);
  return ratio(count(predicted, predicted), all);
}

}  // namespace tenon::train
