#include "models/mlp_estimator.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "autograd/ops.h"
#include "layers/loss.h"
#include "models/internal/shards.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::models {
namespace {

using layers::Variable;

// Seeds the default generator, and puts it back.
class SeedScope {
 public:
  explicit SeedScope(std::uint64_t seed) : before_(default_generator()) { manual_seed(seed); }
  ~SeedScope() { default_generator() = before_; }
  SeedScope(const SeedScope&) = delete;
  SeedScope& operator=(const SeedScope&) = delete;

 private:
  Generator before_;
};

/// The mean loss of one pass over the examples in a new order.
double run_epoch(internal::Shards& shards, const Tensor& x, const Tensor& targets,
                 std::int64_t batch, Generator& random, const MlpEstimator::Loss& loss) {
  const std::int64_t count = x.size(0);
  const Tensor order = randperm(count, random);
  double sum = 0;
  for (std::int64_t begin = 0; begin < count; begin += batch) {
    const Tensor rows = order.slice(0, begin, std::min(begin + batch, count));
    sum += shards.step(x, targets, rows, loss) * static_cast<double>(rows.size(0));
  }
  return sum / static_cast<double>(count);
}

// Position of each label among the classes.
Tensor encode(const std::vector<std::int64_t>& labels, const std::vector<std::int64_t>& classes) {
  std::vector<std::int64_t> positions;
  positions.reserve(labels.size());
  for (const std::int64_t label : labels) {
    positions.push_back(std::lower_bound(classes.begin(), classes.end(), label) - classes.begin());
  }
  return from_vector(positions);
}

}  // namespace

MlpEstimator::MlpEstimator(const char* estimator, const MlpEstimatorOptions& options)
    : options_(options), estimator_(estimator) {
  const auto require = [&](bool ok, const char* what, double value) {
    if (ok) return;
    throw ValueError("[" + std::string(estimator) + "] expected " + what + ", got " +
                     std::to_string(value));
  };
  require(options.batch_size >= 1, "a batch_size of at least 1",
          static_cast<double>(options.batch_size));
  require(options.max_epochs >= 1, "max_epochs of at least 1", options.max_epochs);
  require(options.patience >= 1, "a patience of at least 1", options.patience);
  require(options.l2 >= 0 && std::isfinite(options.l2), "l2 of 0 or more", options.l2);
  require(options.lr > 0 && std::isfinite(options.lr), "an lr above 0", options.lr);
  for (const std::int64_t size : options.hidden) {
    require(size >= 1, "hidden sizes of at least 1", static_cast<double>(size));
  }
}

std::string MlpEstimator::where(const char* method) const {
  return "[" + std::string(estimator_) + "::" + method + "] ";
}

Mlp& MlpEstimator::net() const {
  if (!net_) throw ValueError("[" + std::string(estimator_) + "] expected a call of fit first");
  return *net_;
}

void MlpEstimator::train(const Tensor& x, const Tensor& targets, std::int64_t outputs,
                         const Loss& loss) {
  if (x.ndim() != 2 || targets.ndim() < 1 || x.size(0) != targets.size(0)) {
    throw ShapeError(where("fit") + "expected x [N,F] and as many targets, got " +
                     to_string(x.shape()) + " and " + to_string(targets.shape()));
  }
  if (x.size(0) == 0) throw ValueError(where("fit") + "expected examples, got none");
  const SeedScope scope(options_.seed);
  std::vector<std::int64_t> sizes = {x.size(1)};
  sizes.insert(sizes.end(), options_.hidden.begin(), options_.hidden.end());
  sizes.push_back(outputs);
  const MlpOptions shape{
      .sizes = sizes, .activation = options_.activation, .init = init::Scheme::kXavierUniform};
  net_ = std::make_unique<Mlp>(shape);
  const Tensor features = x.to(DType::kF32);
  const std::int64_t batch = std::min(options_.batch_size, x.size(0));
  internal::Shards shards(
      *net_, shape, batch,
      {.lr = options_.lr, .weight_decay = options_.l2 / static_cast<double>(batch)});
  Generator random(options_.seed);
  loss_curve_.clear();
  double best = std::numeric_limits<double>::infinity();
  for (int in_vain = 0;
       std::ssize(loss_curve_) < options_.max_epochs && in_vain <= options_.patience;) {
    const double now = run_epoch(shards, features, targets, batch, random, loss);
    if (!std::isfinite(now)) {
      throw ValueError(where("fit") + "the loss is " + std::to_string(now) + " in epoch " +
                       std::to_string(loss_curve_.size() + 1) +
                       ": scale the features to about -1..1, or lower lr (it is " +
                       std::to_string(options_.lr) + ")");
    }
    in_vain = now > best - options_.tolerance ? in_vain + 1 : 0;
    best = std::min(best, now);
    loss_curve_.push_back(now);
  }
}

Tensor MlpEstimator::outputs(const Tensor& x) const {
  const autograd::NoGrad no_grad;
  return net()(x.to(DType::kF32)).value();
}

void MlpClassifier::fit(const Tensor& x, const Tensor& labels) {
  if (labels.dtype() != DType::kI64) {
    throw DTypeError(where("fit") + "expected labels of i64, got " +
                     std::string(name(labels.dtype())));
  }
  const std::vector<std::int64_t> all = labels.to_vector<std::int64_t>();
  classes_ = all;
  std::sort(classes_.begin(), classes_.end());
  classes_.erase(std::unique(classes_.begin(), classes_.end()), classes_.end());
  train(x, encode(all, classes_).reshape(labels.shape()),
        static_cast<std::int64_t>(classes_.size()),
        [](const Variable& logits, const Tensor& target) {
          return autograd::cross_entropy(logits, target);
        });
}

Tensor MlpClassifier::predict(const Tensor& x) const {
  return index_select(from_vector(classes_), 0, argmax(outputs(x), 1));
}

Tensor MlpClassifier::predict_probabilities(const Tensor& x) const {
  return softmax(outputs(x), 1);
}

double MlpClassifier::score(const Tensor& x, const Tensor& labels) const {
  const Tensor right = eq(predict(x), labels);
  return sum(right).item<double>() / static_cast<double>(right.numel());
}

void MlpRegressor::fit(const Tensor& x, const Tensor& targets) {
  flat_ = targets.ndim() == 1;
  const Tensor columns = flat_ ? targets.reshape({-1, 1}) : targets;
  if (columns.ndim() != 2 || columns.size(1) < 1) {
    throw ShapeError(where("fit") + "expected targets [N] or [N,T], got " +
                     to_string(targets.shape()));
  }
  train(x, columns.to(DType::kF32), columns.size(1),
        [](const Variable& output, const Tensor& target) {
          return layers::mse_loss(output, target);
        });
}

Tensor MlpRegressor::predict(const Tensor& x) const {
  const Tensor y = outputs(x);
  return flat_ ? y.reshape({-1}) : y;
}

double MlpRegressor::score(const Tensor& x, const Tensor& targets) const {
  const Tensor guesses = predict(x);
  if (guesses.shape() != targets.shape()) {
    throw ShapeError(where("score") + "expected targets " + to_string(guesses.shape()) + ", got " +
                     to_string(targets.shape()));
  }
  const Tensor truth = targets.to(DType::kF64);
  const Tensor errors = sum(square(truth - guesses.to(DType::kF64)), {0});
  const Tensor spread = sum(square(truth - mean(truth, {0}, true)), {0});
  return 1 - mean(errors / spread).item<double>();
}

}  // namespace tenon::models
