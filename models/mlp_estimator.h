// A trained perceptron in one call, over plain tensors.
//
//   models::MlpClassifier classifier({.hidden = {100}, .seed = 1});
//   classifier.fit(x, labels);                        // x [N,F], labels [N] i64
//   Tensor guesses = classifier.predict(x_new);       // [M] i64
//   double accuracy = classifier.score(x_test, labels_test);
//
// Defaults are those of scikit-learn's MLPClassifier and MLPRegressor: Adam, batches of 200, at
// most 200 epochs, an end when the loss falls no more. Features should be scaled to about -1..1.
// Whoever wants more (convolutions, metrics, checkpoints) takes //train.
#ifndef TENON_MODELS_MLP_ESTIMATOR_H_
#define TENON_MODELS_MLP_ESTIMATOR_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "models/mlp.h"

namespace tenon::models {

struct MlpEstimatorOptions {
  std::vector<std::int64_t> hidden = {100};  ///< features of the hidden layers
  init::Nonlinearity activation = init::Nonlinearity::kRelu;
  double lr = 1e-3;
  double l2 = 1e-4;  ///< penalty: l2 / (2 batch size) times the square of the parameters
  std::int64_t batch_size = 200;  ///< the number of examples where those are fewer
  int max_epochs = 200;
  double tolerance = 1e-4;  ///< an epoch whose loss is not below the best by this much is in vain;
  int patience = 10;        ///< after more than this many in a row training ends
  /// Of the first weights and the order. The same seed gives the same bits; on any number of
  /// threads where the network has at most 131,072 parameters.
  std::uint64_t seed = 0;
};

/// What the two below share.
class MlpEstimator {
 public:
  using Loss =
      std::function<layers::Variable(const layers::Variable& output, const Tensor& target)>;

  /// The mean loss of each epoch of the last fit.
  const std::vector<double>& loss_curve() const { return loss_curve_; }
  /// The network, for a look inside. Throws ValueError before the first fit.
  Mlp& net() const;

 protected:
  /// Throws ValueError that names `estimator` for options outside their domain.
  MlpEstimator(const char* estimator, const MlpEstimatorOptions& options);

  /// Trains a new network of `outputs` outputs. Throws ShapeError, and ValueError where there are
  /// no examples or a loss is not finite.
  void train(const Tensor& x, const Tensor& targets, std::int64_t outputs, const Loss& loss);
  /// x [N,F] -> [N,outputs].
  Tensor outputs(const Tensor& x) const;
  std::string where(const char* method) const;

 private:
  MlpEstimatorOptions options_;
  const char* estimator_;
  std::unique_ptr<Mlp> net_;
  std::vector<double> loss_curve_;
};

/// Classes are whatever integers occur in the labels. Cross entropy. Features of any dtype are
/// converted to f32.
class MlpClassifier : public MlpEstimator {
 public:
  explicit MlpClassifier(const MlpEstimatorOptions& options = {})
      : MlpEstimator("MlpClassifier", options) {}

  /// x [N,F], labels [N] i64. Begins anew each time. Throws ShapeError, DTypeError, and ValueError
  /// for no examples, or a loss that is not finite (features that are not, or a learning rate too
  /// high).
  void fit(const Tensor& x, const Tensor& labels);
  /// x [M,F] -> [M] i64. This and the following throw ValueError before fit.
  Tensor predict(const Tensor& x) const;
  /// x [M,F] -> probabilities [M,C] in the order of classes().
  Tensor predict_probabilities(const Tensor& x) const;
  /// The share of predictions that are right, 0 to 1.
  double score(const Tensor& x, const Tensor& labels) const;
  /// The labels seen in fit, ascending.
  const std::vector<std::int64_t>& classes() const { return classes_; }

 private:
  std::vector<std::int64_t> classes_;
};

/// The mean squared error. Features and targets of any dtype are converted to f32.
class MlpRegressor : public MlpEstimator {
 public:
  explicit MlpRegressor(const MlpEstimatorOptions& options = {})
      : MlpEstimator("MlpRegressor", options) {}

  /// x [N,F], targets [N] or [N,T]. As MlpClassifier::fit.
  void fit(const Tensor& x, const Tensor& targets);
  /// x [M,F] -> [M], or [M,T] where the targets of fit were so. Throws ValueError before fit.
  Tensor predict(const Tensor& x) const;
  /// R²: 1 - squared error / squared deviation from the targets' mean, the mean over T. 1 is
  /// perfect, 0 what the mean alone would give.
  double score(const Tensor& x, const Tensor& targets) const;

 private:
  bool flat_ = true;  // whether the targets had one dimension
};

}  // namespace tenon::models

#endif  // TENON_MODELS_MLP_ESTIMATOR_H_
