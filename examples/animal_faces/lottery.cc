// Lottery tickets: small networks that only learn well from the weights they were found with.
//
//   ./bazelw run //examples/animal_faces:lottery
#include "regularize/lottery.h"

#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

/// Of one round of pruning, over the seeds.
struct Round {
  double sparsity = 0;
  std::vector<double> ticket, control;  // test accuracy
};

void search(const Parts& parts, const ExperimentOptions& options, int rounds, std::uint64_t seed,
            Report& report, std::vector<Round>& found) {
  const auto train = [&](layers::Module& net, regularize::Masks& masks) {
    TrialOptions masked = training(options, seed);
    masked.callbacks = {&masks};
    const auto trial = run_trial(net, parts, masked);
    if (!trial.ok()) throw Error(std::string(trial.status().message()));
    report.add_trial("", *trial);
    return trial->test_accuracy;
  };
  manual_seed(seed);
  const auto tickets =
      regularize::search_tickets(big_animal_net, train, {.rounds = rounds, .amount = 0.3});
  found.resize(tickets.size());
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    found[i].sparsity = tickets[i].sparsity;
    found[i].ticket.push_back(tickets[i].ticket);
    found[i].control.push_back(tickets[i].control);
  }
}

std::vector<double> differences(const Round& round) {
  std::vector<double> differences;
  for (std::size_t s = 0; s < round.ticket.size(); ++s) {
    differences.push_back(round.ticket[s] - round.control[s]);
  }
  return differences;
}

train::Panel accuracy_panel(const std::vector<Round>& rounds) {
  train::Series ticket{.label = "ticket"}, control{.label = "other first weights"};
  for (const Round& round : rounds) {
    for (train::Series* series : {&ticket, &control}) {
      series->x.push_back(100 * (1 - round.sparsity));
    }
    ticket.y.push_back(100 * mean(round.ticket));
    control.y.push_back(100 * mean(round.control));
  }
  return {.title = "test accuracy",
          .x_label = "weights left %",
          .y_label = "%",
          .series = {ticket, control},
          .log_x = true};
}

absl::Status draw_lots(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report("lottery", options, *animals,
                {"sparsity %", "ticket %", "other first weights %", "ticket better by"});
  std::vector<Round> rounds;
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(s);
    const auto parts =
        deal(*animals, {.train = options.quick ? 1000 : 4000, .validation = 500}, seed);
    if (!parts.ok()) return parts.status();
    search(*parts, options, options.quick ? 3 : 12, seed, report, rounds);
    report.say("seed " + std::to_string(seed) + ": last ticket " +
               percent(rounds.back().ticket.back()) + " %, other first weights " +
               percent(rounds.back().control.back()) + " %");
  }
  std::vector<double> all;
  for (const Round& round : rounds) {
    const std::vector<double> better = differences(round);
    if (round.sparsity > 0) all.insert(all.end(), better.begin(), better.end());
    report.add_row(
        {fixed(100 * round.sparsity, 2), cell(round.ticket), cell(round.control), cell(better)},
        {.test = round.ticket});
  }
  report.add_panel(accuracy_panel(rounds));
  return report.finish("Lottery tickets", {{"ticket_minus_control", mean(all)},
                                           {"test_accuracy", mean(rounds.back().ticket)}});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("lottery", "Searches lottery tickets and compares them with other first weights.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 5);
    return draw_lots(options);
  });
}
