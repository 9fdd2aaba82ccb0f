// How good a classifier's outputs are, counted batch by batch.
//
//   Accuracy accuracy;
//   for (const data::Batch& batch : loader) accuracy.update(net(batch.input).value(), batch.target);
//   std::printf("%.1f %%\n", 100 * accuracy.value());
//
// A Metric holds running sums only: memory does not grow with the number of examples. fit() and
// evaluate() reset the ones they are given and update them once per batch.
#ifndef TENON_TRAIN_METRICS_H_
#define TENON_TRAIN_METRICS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::train {

/// A mean of numbers that arrive one by one, each with a weight.
class RunningMean {
 public:
  void reset() { *this = {}; }
  void add(double value, double weight = 1) {
    sum_ += value * weight;
    weight_ += weight;
  }
  /// NaN before the first add().
  double value() const { return sum_ / weight_; }
  double sum() const { return sum_; }
  double weight() const { return weight_; }
  /// Goes on from such a sum and weight.
  void restore(double sum, double weight) {
    sum_ = sum;
    weight_ = weight;
  }

 private:
  double sum_ = 0;
  double weight_ = 0;
};

/// The interface of everything that judges a batch's output.
class Metric {
 public:
  virtual ~Metric() = default;

  /// What the value is called in records, without spaces: "accuracy".
  virtual std::string name() const = 0;
  virtual void reset() = 0;
  /// `output` is the network's, `target` the batch's. Throws ShapeError, DTypeError, IndexError.
  virtual void update(const Tensor& output, const Tensor& target) = 0;
  /// Over everything since reset(); NaN where that is nothing.
  virtual double value() const = 0;

  /// The running sums, so that a checkpoint may be written in the middle of an epoch.
  virtual std::vector<double> state() const = 0;
  /// Throws ValueError where `state` is not one of this metric.
  virtual void set_state(std::span<const double> state) = 0;
};

/// The part of the examples whose largest logit is the label's, 0 to 1.
/// output [N,C] floating, target [N] i64, or probabilities [N,C] of which the largest counts (mixed
/// examples). The first of equal logits counts.
class Accuracy : public Metric {
 public:
  std::string name() const override { return "accuracy"; }
  void reset() override;
  void update(const Tensor& output, const Tensor& target) override;
  double value() const override;
  std::vector<double> state() const override;
  void set_state(std::span<const double> state) override;

 private:
  void settle() const;

  mutable std::int64_t correct_ = 0;
  std::int64_t examples_ = 0;
  // Counts still on an accelerator: reading one would wait for the device.
  mutable std::vector<Tensor> unread_;
};

/// How often each class was taken for each other one. Its value is the accuracy.
/// output [N,C] floating, target [N] i64 in [0,C).
class ConfusionMatrix : public Metric {
 public:
  /// Throws ValueError for fewer than one class.
  explicit ConfusionMatrix(int classes);

  std::string name() const override { return "confusion"; }
  void reset() override;
  void update(const Tensor& output, const Tensor& target) override;
  double value() const override;
  std::vector<double> state() const override;
  void set_state(std::span<const double> state) override;

  int classes() const { return classes_; }
  /// Examples of class `truth` that were called `predicted`. Throws IndexError.
  std::int64_t count(int truth, int predicted) const;
  /// The part of the examples of class `truth` that were called so; NaN where there are none.
  double recall(int truth) const;
  /// The part of the examples called `predicted` that are so; NaN where there are none.
  double precision(int predicted) const;

 private:
  int classes_;
  std::vector<std::int64_t> counts_;  // [truth][predicted]
};

/// A table for people: a row per true class, a column per prediction, recall and precision at the
/// margins. `names` are the classes' (by default their numbers). Throws ValueError where their
/// number is not that of the classes.
std::string to_string(const ConfusionMatrix& matrix, std::span<const std::string> names = {});

}  // namespace tenon::train

#endif  // TENON_TRAIN_METRICS_H_
