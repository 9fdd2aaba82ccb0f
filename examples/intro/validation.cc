// Choosing hyper-parameters without looking at the test set: a random search judged on held-out
// images (Bergstra & Bengio 2012, "Random search for hyper-parameter optimization").
//
//   ./bazelw run //examples/intro:validation
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "data/data_loader.h"
#include "data/sampler.h"
#include "data/split.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/table.h"
#include "models/mlp.h"
#include "optim/adam.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

struct Choice {
  double lr = 0, dropout = 0, weight_decay = 0;
  std::int64_t width = 0, layers = 0, batch_size = 0;

  std::string text() const {
    char line[96];
    std::snprintf(line, sizeof line, "lr %.1e, %lld x %lld, dropout %.2f, decay %.0e, batch %lld",
                  lr, static_cast<long long>(layers), static_cast<long long>(width), dropout,
                  weight_decay, static_cast<long long>(batch_size));
    return line;
  }
};

// Evenly on a logarithmic scale.
double log_uniform(double low, double high, Generator& random) {
  const double u = uniform({1}, std::log(low), std::log(high), random).item<double>();
  return std::exp(u);
}

Choice draw_choice(Generator& random) {
  return {.lr = log_uniform(3e-5, 1e-2, random),
          .dropout = uniform({1}, 0, 0.5, random).item<double>(),
          .weight_decay = log_uniform(1e-5, 1e-1, random),
          .width = std::int64_t{64} << random.next_below(4),
          .layers = 1 + static_cast<std::int64_t>(random.next_below(3)),
          .batch_size = std::int64_t{64} << random.next_below(3)};
}

// All 50,000 training images, dealt to training and validation by their indices.
struct Split {
  data::Indices train, validation;
};

class Search {
 public:
  Search(const ImageProblem& cifar, const ExperimentOptions& options)
      : train_set_(dataset(cifar.train)), test_set_(dataset(cifar.test)), options_(options) {
    auto parts = data::stratified_split(cifar.train.labels, {0.9, 0.1}, options.seed);
    split_ = {.train = std::move(parts[0]), .validation = std::move(parts[1])};
  }

  std::int64_t train_size() const { return std::ssize(split_.train); }
  std::int64_t validation_size() const { return std::ssize(split_.validation); }

  // Trains on the training part and returns the records, with "val_accuracy" of the other.
  absl::StatusOr<train::History> train(const Choice& choice, int epochs,
                                       std::unique_ptr<models::Mlp>* kept = nullptr) {
    data::DataLoader train_loader(
        train_set_,
        {.batch_size = choice.batch_size,
         .sampler = std::make_shared<data::SubsetRandomSampler>(split_.train, options_.seed)});
    data::DataLoader validation_loader(
        train_set_,
        {.batch_size = 1000,
         .sampler = std::make_shared<data::SubsetRandomSampler>(split_.validation, options_.seed)});
    manual_seed(options_.seed);
    std::vector<std::int64_t> sizes(static_cast<std::size_t>(choice.layers) + 2, choice.width);
    sizes.front() = 3072;
    sizes.back() = 10;
    auto net = std::make_unique<models::Mlp>(
        models::MlpOptions{.sizes = sizes, .dropout = choice.dropout});
    net->to(options_.device);
    optim::AdamW optimizer(net->parameters(),
                           {.lr = choice.lr, .weight_decay = choice.weight_decay});
    train::Accuracy accuracy;
    train::RateSchedule rate(
        optim::cosine_annealing_lr({.steps = epochs * train_loader.num_batches()}));
    auto history = train::fit(*net, train_loader, optimizer,
                              {.epochs = epochs,
                               .metrics = {&accuracy},
                               .validation = &validation_loader,
                               .callbacks = {&rate}});
    if (kept) *kept = std::move(net);
    return history;
  }

  double test_accuracy(models::Mlp& net) {
    data::DataLoader loader(test_set_, {.batch_size = 1000});
    train::Accuracy accuracy;
    train::evaluate(net, loader, {.metrics = {&accuracy}});
    return accuracy.value();
  }

 private:
  data::TensorDataset train_set_, test_set_;
  const ExperimentOptions& options_;
  Split split_;
};

struct Trial {
  Choice choice;
  double accuracy = 0;
  train::History history = {};
};

absl::StatusOr<std::vector<Trial>> search_for(Search& search, std::int64_t count,
                                              const ExperimentOptions& options) {
  Generator random(options.seed);
  std::vector<Trial> trials;
  for (std::int64_t i = 1; i <= count; ++i) {
    Trial trial{.choice = draw_choice(random)};
    auto history = search.train(trial.choice, options.epochs);
    if (!history.ok() && !absl::IsAborted(history.status())) return history.status();
    if (history.ok()) {  // a loss that is not a number leaves the accuracy at 0
      trial.accuracy = history->back().value("val_accuracy");
      trial.history = *std::move(history);
    }
    if (!options.quiet) {
      std::printf("%2lld  %-62s %s %% validation\n", static_cast<long long>(i),
                  trial.choice.text().c_str(), percent(trial.accuracy).c_str());
      std::fflush(stdout);
    }
    trials.push_back(std::move(trial));
  }
  std::ranges::stable_sort(trials, std::greater(), &Trial::accuracy);
  return trials;
}

absl::Status run_all(ExperimentOptions& options, std::int64_t trial_count,
                     std::int64_t final_epochs) {
  Taken taken;
  if (options.quick) {
    options.epochs = 1;
    trial_count = 3;
    final_epochs = 2;
    taken = {.train = 2'000, .test = 500};
  }
  auto cifar = load_cifar10_problem(options, taken);
  if (!cifar.ok()) return cifar.status();
  for (Examples* part : {&cifar->train, &cifar->test}) part->inputs = part->inputs * 2 - 1;
  Search search(*cifar, options);
  const auto trials = search_for(search, trial_count, options);
  if (!trials.ok()) return trials.status();

  // The best choice again, for longer; the test images are looked at here and nowhere else.
  const Trial& best = trials->front();
  std::unique_ptr<models::Mlp> net;
  const auto longer = search.train(best.choice, static_cast<int>(final_epochs), &net);
  if (!longer.ok()) return longer.status();
  const double test = search.test_accuracy(*net);

  Table table({"choice", "epochs", "validation %", "test %"});
  double seconds = training_seconds(*longer);
  for (const Trial& trial : *trials) {
    table.add_row(
        {trial.choice.text(), std::to_string(options.epochs), percent(trial.accuracy), ""});
    seconds += training_seconds(trial.history);
  }
  table.add_row({"the best one again", std::to_string(final_epochs),
                 percent(longer->back().value("val_accuracy")), percent(test)});
  if (!options.quiet) std::printf("\n%s\n", table.to_text().c_str());
  absl::Status status = table.write(options.output("table"));
  train::Panel panel{
      .title = "validation accuracy after " + std::to_string(options.epochs) + " epochs",
      .x_label = "learning rate",
      .y_label = "accuracy",
      .log_x = true};
  train::Series points{.label = "", .style = train::SeriesStyle::kPoints};
  for (const Trial& trial : *trials) {
    points.x.push_back(trial.choice.lr);
    points.y.push_back(trial.accuracy);
  }
  panel.series = {points};
  if (status.ok())
    status = draw({panel}, options.output("validation"), {.title = "random search"}, 1);
  if (!status.ok()) return status;
  ResultLine result("intro:validation", options);
  result.add("train_examples", search.train_size());
  result.add("val_examples", search.validation_size());
  result.add("trials", trial_count);
  result.add("val_accuracy", longer->back().value("val_accuracy"));
  result.add("test_accuracy", test);
  result.add("seconds", seconds);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 3, .batch_size = 0}};
  std::int64_t trials = 16, final_epochs = 12;
  Flags flags("validation", "A random search for hyper-parameters, judged on held-out images.");
  add(flags, options);
  flags.add_count("trials", trials, "choices tried, for --epochs each");
  flags.add_count("final_epochs", final_epochs, "of the best choice's second run");
  return flags.run(argc, argv, [&] { return run_all(options, trials, final_epochs); });
}
