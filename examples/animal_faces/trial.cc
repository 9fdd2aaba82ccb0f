#include "examples/animal_faces/trial.h"

#include "data/tensor_dataset.h"
#include "examples/common/result_line.h"
#include "regularize/norms.h"
#include "train/metrics.h"

namespace tenon::examples {
namespace {

constexpr std::int64_t kJudgedAtOnce = 250;

}  // namespace

double accuracy(layers::Module& net, const Examples& examples) {
  const data::TensorDataset set = dataset(examples);
  data::DataLoader loader(set, {.batch_size = kJudgedAtOnce});
  train::Accuracy right;
  train::evaluate(net, loader, {.metrics = {&right}});
  return right.value();
}

TrialOptions training(const ExperimentOptions& options, std::uint64_t seed, double momentum) {
  return {.epochs = options.epochs,
          .batch_size = options.batch_size,
          .sgd = {.lr = options.lr, .momentum = momentum},
          .seed = seed,
          .device = options.device};
}

absl::StatusOr<Trial> run_trial(layers::Module& net, const Parts& parts,
                                const TrialOptions& options) {
  const data::TensorDataset train_set = dataset(parts.train);
  const data::TensorDataset validation_set = dataset(parts.validation);
  data::DataLoader train_loader(train_set, {.batch_size = options.batch_size,
                                            .shuffle = true,
                                            .seed = options.seed,
                                            .transform = options.transform});
  data::DataLoader validation_loader(validation_set, {.batch_size = kJudgedAtOnce});
  net.to(options.device);
  optim::SGD optimizer(net.parameters(), options.sgd);
  train::Accuracy right;
  auto history = train::fit(net, train_loader, optimizer,
                            {.epochs = options.epochs,
                             .loss = options.loss,
                             .forward = options.forward,
                             .metrics = {&right},
                             .validation = validation_set.size() > 0 ? &validation_loader : nullptr,
                             .callbacks = options.callbacks});
  if (!history.ok()) return history.status();
  Trial trial{.history = *std::move(history),
              .train_accuracy = accuracy(net, parts.train),
              .validation_accuracy = accuracy(net, parts.validation),
              .test_accuracy = accuracy(net, parts.test),
              .norm = regularize::frobenius_norm(net),
              .mistakes = find_mistakes(net, dataset(parts.test))};
  trial.seconds = training_seconds(trial.history);
  net.to(kCpu);
  return trial;
}

void Tally::add(const Trial& trial) {
  train.push_back(trial.train_accuracy);
  validation.push_back(trial.validation_accuracy);
  test.push_back(trial.test_accuracy);
  norm.push_back(trial.norm);
  seconds.push_back(trial.seconds);
}

}  // namespace tenon::examples
