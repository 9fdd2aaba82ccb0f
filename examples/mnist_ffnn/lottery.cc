// Lottery tickets in LeNet-300-100: networks with a few percent of the weights, which learn sooner
// and better from the weights they were found with than from others.
//
//   ./bazelw run //examples/mnist_ffnn:lottery
//
// The recipe is that of Frankle & Carbin 2019, "The lottery ticket hypothesis" (§2, figure 2):
// Glorot's weights, Adam at 1.2e-3, batches of 60, 5,000 images for validation; each round prunes a
// fifth of each hidden layer and a tenth of the last, and the end of training counts where the
// validation loss is least.
#include "regularize/lottery.h"

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "data/data_loader.h"
#include "data/split.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "models/mlp.h"
#include "optim/adam.h"
#include "regularize/pruning.h"
#include "tensor/error.h"
#include "tensor/random.h"
#include "train/fit.h"
#include "train/metrics.h"

namespace tenon::examples {
namespace {

constexpr std::int64_t kValidation = 5'000;
// Of the weights that are left, layer by layer.
const std::vector<double> kPruned = {0.2, 0.2, 0.1};

struct Options : ExperimentOptions {
  std::int64_t rounds = 12;
  std::int64_t iterations = 15'000;
  std::int64_t every = 250;
};

struct Parts {
  data::TensorDataset train, validation, test;
};

/// Where the validation loss was least, and the test accuracy there.
struct Stop {
  std::int64_t iteration = 0;
  double test_accuracy = 0;
};

// Looks at the validation loss now and then, and at the test images where it is the least so far.
class Watch : public train::Callback {
 public:
  Watch(const Parts& parts, const Options& options)
      : options_(options),
        validation_(parts.validation, {.batch_size = 1000}),
        test_(parts.test, {.batch_size = 1000}) {}

  const Stop& stop() const { return stop_; }

  absl::Status on_step_end(train::Run& run, const data::Batch&) override {
    run.stop = run.step >= options_.iterations;
    if (run.step % options_.every != 0 && !run.stop) return absl::OkStatus();
    const double loss = train::evaluate(run.module, validation_).loss;
    if (loss >= least_) return absl::OkStatus();
    least_ = loss;
    train::Accuracy accuracy;
    train::evaluate(run.module, test_, {.metrics = {&accuracy}});
    stop_ = {.iteration = run.step, .test_accuracy = accuracy.value()};
    return absl::OkStatus();
  }

 private:
  const Options& options_;
  data::DataLoader validation_, test_;
  double least_ = std::numeric_limits<double>::infinity();
  Stop stop_;
};

Stop train(layers::Module& net, regularize::Masks& masks, const Parts& parts,
           const Options& options, std::uint64_t seed) {
  data::DataLoader loader(parts.train,
                          {.batch_size = options.batch_size, .shuffle = true, .seed = seed});
  optim::Adam optimizer(net.parameters(), {.lr = options.lr});
  Watch watch(parts, options);
  const std::int64_t epochs = options.iterations / loader.num_batches() + 1;
  const auto history = train::fit(
      net, loader, optimizer, {.epochs = static_cast<int>(epochs), .callbacks = {&masks, &watch}});
  if (!history.ok()) throw Error(std::string(history.status().message()));
  return watch.stop();
}

/// Of one round of pruning, over the seeds.
struct Round {
  double sparsity = 0;
  std::vector<Stop> ticket, control;
};

std::unique_ptr<layers::Module> make_lenet() {
  return std::make_unique<models::Mlp>(
      models::MlpOptions{.sizes = {784, 300, 100, 10}, .init = init::Scheme::kXavierNormal});
}

void search(const Parts& parts, const Options& options, std::uint64_t seed,
            std::vector<Round>& rounds) {
  std::vector<Stop> stops;  // a ticket's, its control's, …
  const auto train_one = [&](layers::Module& net, regularize::Masks& masks) {
    stops.push_back(train(net, masks, parts, options, seed));
    if (!options.quiet) {
      std::printf("seed %d, %5.1f %% of the weights, %s: %.2f %% after %lld iterations\n",
                  static_cast<int>(seed), 100 * (1 - masks.sparsity()),
                  stops.size() % 2 == 1 ? "ticket" : "other first weights",
                  100 * stops.back().test_accuracy, static_cast<long long>(stops.back().iteration));
      std::fflush(stdout);
    }
    return stops.back().test_accuracy;
  };
  manual_seed(seed);
  const auto found = regularize::search_tickets(
      make_lenet, train_one,
      {.rounds = static_cast<int>(options.rounds),
       .prune = [](regularize::Masks& masks) { regularize::prune_l1_each(masks, kPruned); }});
  rounds.resize(found.size());
  for (std::size_t i = 0; i < found.size(); ++i) {
    rounds[i].sparsity = found[i].sparsity;
    rounds[i].ticket.push_back(stops[2 * i]);
    rounds[i].control.push_back(stops[2 * i + 1]);
  }
}

Spread iterations(const std::vector<Stop>& stops) {
  std::vector<double> values;
  for (const Stop& stop : stops) values.push_back(static_cast<double>(stop.iteration));
  return spread(values);
}

Spread accuracies(const std::vector<Stop>& stops) {
  std::vector<double> values;
  for (const Stop& stop : stops) values.push_back(stop.test_accuracy);
  return spread(values);
}

// How far ahead the ticket is, seed by seed.
Spread lead(const Round& round) {
  std::vector<double> values;
  for (std::size_t s = 0; s < round.ticket.size(); ++s) {
    values.push_back(round.ticket[s].test_accuracy - round.control[s].test_accuracy);
  }
  return spread(values);
}

train::Panel panel(const std::vector<Round>& rounds, const std::string& title, double unit,
                   Spread (*of)(const std::vector<Stop>&)) {
  train::Series ticket{.label = "ticket"}, control{.label = "other first weights"};
  for (const Round& round : rounds) {
    for (train::Series* series : {&ticket, &control}) {
      series->x.push_back(100 * (1 - round.sparsity));
    }
    ticket.y.push_back(unit * of(round.ticket).mean);
    control.y.push_back(unit * of(round.control).mean);
  }
  return {.title = title,
          .x_label = "weights left %",
          .series = {std::move(ticket), std::move(control)},
          .log_x = true};
}

absl::Status report(const std::vector<Round>& rounds, const Options& options, double seconds) {
  Table table({"weights left %", "ticket stops after", "ticket %", "other first weights stop after",
               "other first weights %", "ticket better by"});
  for (const Round& round : rounds) {
    table.add_row({fixed(100 * (1 - round.sparsity), 1), fixed(iterations(round.ticket), 0),
                   percent(accuracies(round.ticket)), fixed(iterations(round.control), 0),
                   percent(accuracies(round.control)), percent(lead(round))});
  }
  std::printf("\n%s\n", table.to_text().c_str());
  if (absl::Status status = table.write(options.output("table")); !status.ok()) return status;
  const absl::Status drawn =
      draw({panel(rounds, "iterations to the least validation loss", 1, iterations),
            panel(rounds, "test accuracy there, %", 100, accuracies)},
           options.output("lottery"), {.title = "Lottery tickets in LeNet-300-100"});
  if (!drawn.ok()) return drawn;
  ResultLine result("mnist_ffnn:lottery", options);
  result.add("seeds", options.seeds);
  result.add("dense_accuracy", accuracies(rounds.front().ticket).mean);
  result.add("test_accuracy", accuracies(rounds.back().ticket).mean);
  result.add("control_accuracy", accuracies(rounds.back().control).mean);
  result.add("seconds", seconds);
  result.print();
  return absl::OkStatus();
}

absl::Status draw_lots(Options options) {
  Taken taken;
  if (options.quick) {
    options.seeds = 1;
    options.rounds = 1;
    options.iterations = 60;
    options.every = 30;
    taken = {.train = 1'800, .test = 300};
  }
  const auto mnist = load_mnist_problem(options, taken);
  if (!mnist.ok()) return mnist.status();
  const double held_out = static_cast<double>(kValidation) / 60'000;
  std::vector<Round> rounds;
  const auto start = std::chrono::steady_clock::now();
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(s);
    const auto parts = data::random_split(mnist->train.size(), {1 - held_out, held_out}, seed);
    search({.train = dataset(rows(mnist->train, parts[0])),
            .validation = dataset(rows(mnist->train, parts[1])),
            .test = dataset(mnist->test)},
           options, seed, rounds);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  return report(rounds, options, seconds.count());
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 0, .batch_size = 60, .lr = 1.2e-3}, false, 5}};
  Flags flags("mnist_ffnn_lottery", "Searches lottery tickets in LeNet-300-100 on MNIST.");
  add(flags, options);
  flags.add_count("rounds", options.rounds, "of pruning, a fifth of what is left each");
  flags.add_count("iterations", options.iterations, "of each training");
  flags.add_count("every", options.every, "iterations between two looks at the validation loss");
  return flags.run(argc, argv, [&] { return draw_lots(options); });
}
