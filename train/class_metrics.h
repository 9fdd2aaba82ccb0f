// More ways to judge a classifier or a language model than accuracy.
//
//   TopK top5(5);
//   F1 f1(10);                           // mean over the classes
//   Perplexity perplexity;
//   fit(net, loader, optimizer, {.metrics = {&top5, &f1}});
#ifndef TENON_TRAIN_CLASS_METRICS_H_
#define TENON_TRAIN_CLASS_METRICS_H_

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "train/loss_mean.h"
#include "train/metrics.h"

namespace tenon::train {

/// The part of the examples whose label is among the k largest logits, 0 to 1. Of equal logits
/// those of lower classes count as larger. output [N,C] floating, target [N] i64.
class TopK : public Metric {
 public:
  /// Throws ValueError for a k below 1; update throws ShapeError where C < k.
  explicit TopK(int k);

  std::string name() const override { return "top" + std::to_string(k_); }
  void reset() override { mean_.reset(); }
  void update(const Tensor& output, const Tensor& target) override;
  double value() const override { return mean_.value(); }
  std::vector<double> state() const override { return {mean_.sum(), mean_.weight()}; }
  void set_state(std::span<const double> state) override;

 private:
  int k_;
  RunningMean mean_;
};

/// How the figures of the classes make one.
enum class Average : std::uint8_t {
  kMacro,     ///< the mean over the classes
  kWeighted,  ///< the mean over the classes, weighted by how often each occurs
};

/// A figure of a confusion matrix, with scikit-learn's conventions: a quotient without a
/// denominator is 0, and classes that neither occur nor are predicted do not count. NaN before the
/// first example. output [N,C] floating, target [N] i64.
class ConfusionFigure : public Metric {
 public:
  void reset() override { matrix_.reset(); }
  void update(const Tensor& output, const Tensor& target) override {
    matrix_.update(output, target);
  }
  double value() const override;
  std::vector<double> state() const override { return matrix_.state(); }
  void set_state(std::span<const double> state) override { matrix_.set_state(state); }

 protected:
  /// Throws ValueError for fewer than one class.
  ConfusionFigure(int classes, Average average) : matrix_(classes), average_(average) {}

  /// Of one class: right ones among `predicted` and `actual` ones.
  virtual double figure(double right, double predicted, double actual) const = 0;

 private:
  ConfusionMatrix matrix_;
  Average average_;
};

/// right / predicted.
class Precision final : public ConfusionFigure {
 public:
  explicit Precision(int classes, Average average = Average::kMacro)
      : ConfusionFigure(classes, average) {}
  std::string name() const override { return "precision"; }

 private:
  double figure(double right, double predicted, double actual) const override;
};

/// right / actual.
class Recall final : public ConfusionFigure {
 public:
  explicit Recall(int classes, Average average = Average::kMacro)
      : ConfusionFigure(classes, average) {}
  std::string name() const override { return "recall"; }

 private:
  double figure(double right, double predicted, double actual) const override;
};

/// 2 right / (predicted + actual), the harmonic mean of both.
class F1 final : public ConfusionFigure {
 public:
  explicit F1(int classes, Average average = Average::kMacro) : ConfusionFigure(classes, average) {}
  std::string name() const override { return "f1"; }

 private:
  double figure(double right, double predicted, double actual) const override;
};

/// exp of the mean cross entropy over all tokens. output [..,C] floating, target [..] i64.
class Perplexity final : public Metric {
 public:
  std::string name() const override { return "perplexity"; }
  void reset() override { loss_.reset(); }
  void update(const Tensor& output, const Tensor& target) override;
  double value() const override;
  std::vector<double> state() const override { return loss_.state(); }
  void set_state(std::span<const double> state) override { loss_.set_state(state); }

 private:
  mutable LossMean loss_;  // reads what is still on an accelerator when asked
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_CLASS_METRICS_H_
