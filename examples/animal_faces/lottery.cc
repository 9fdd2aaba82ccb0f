// Lottery tickets: small networks that only learn well from the weights they were found with, or
// from what these were after an epoch.
//
//   ./bazelw run //examples/animal_faces:lottery
#include "regularize/lottery.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "regularize/masks.h"
#include "regularize/pruning.h"
#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

constexpr int kWarmUpEpochs = 1;

struct Options : ExperimentOptions {
  std::int64_t rounds = 12;
};

/// Of one round of pruning, over the seeds.
struct Round {
  double sparsity = 0;
  std::vector<double> ticket, control;  // test accuracy

  std::vector<double> differences() const {
    std::vector<double> differences;
    for (std::size_t s = 0; s < ticket.size(); ++s) differences.push_back(ticket[s] - control[s]);
    return differences;
  }
};
using Rounds = std::vector<Round>;

/// Where a ticket's weights go back to: those after so many epochs, which a control trains too.
struct Way {
  std::string name;
  int warm_up = 0;
  Rounds rounds = {};
};

void search(const Parts& parts, const Options& options, std::uint64_t seed, Report& report,
            Way& way) {
  const auto train_for = [&](int epochs) {
    return [&, epochs](layers::Module& net, regularize::Masks& masks) {
      TrialOptions masked = training(options, seed);
      masked.epochs = epochs;
      masked.callbacks = {&masks};
      const auto trial = run_trial(net, parts, masked);
      if (!trial.ok()) throw Error(std::string(trial.status().message()));
      report.add_trial("", *trial);
      return trial->test_accuracy;
    };
  };
  regularize::TicketSearch search{
      .rounds = static_cast<int>(options.rounds),
      .prune = [](regularize::Masks& masks) { regularize::prune_global_l1(masks, 0.3); }};
  if (way.warm_up > 0) search.warm_up = train_for(way.warm_up);
  manual_seed(seed);
  const auto tickets =
      regularize::search_tickets(big_animal_net, train_for(options.epochs - way.warm_up), search);
  way.rounds.resize(tickets.size());
  for (std::size_t i = 0; i < tickets.size(); ++i) {
    way.rounds[i].sparsity = tickets[i].sparsity;
    way.rounds[i].ticket.push_back(tickets[i].ticket);
    way.rounds[i].control.push_back(tickets[i].control);
  }
}

train::Panel accuracy_panel(const Way& way) {
  train::Series ticket{.label = "ticket"}, control{.label = "other first weights"};
  for (const Round& round : way.rounds) {
    for (train::Series* series : {&ticket, &control}) {
      series->x.push_back(100 * (1 - round.sparsity));
    }
    ticket.y.push_back(100 * mean(round.ticket));
    control.y.push_back(100 * mean(round.control));
  }
  return {.title = "rewound to " + way.name,
          .x_label = "weights left %",
          .y_label = "test accuracy %",
          .series = {ticket, control},
          .log_x = true};
}

// How far ahead the tickets are in all rounds that pruned.
double lead(const Rounds& rounds) {
  std::vector<double> all;
  for (const Round& round : rounds) {
    const std::vector<double> better = round.differences();
    if (round.sparsity > 0) all.insert(all.end(), better.begin(), better.end());
  }
  return mean(all);
}

absl::Status draw_lots(const Options& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  std::vector<Way> ways = {{"the first weights"}, {"the weights after an epoch", kWarmUpEpochs}};
  Report report("lottery", options, *animals,
                {"sparsity %", "ticket %", "other first weights %", "ticket better by",
                 "early ticket %", "other first weights %", "early ticket better by"});
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(s);
    const auto parts =
        deal(*animals, {.train = options.quick ? 500 : 4000, .validation = 500}, seed);
    if (!parts.ok()) return parts.status();
    for (Way& way : ways) {
      search(*parts, options, seed, report, way);
      const Round& last = way.rounds.back();
      report.say("seed " + std::to_string(seed) + ", rewound to " + way.name + ": last ticket " +
                 percent(last.ticket.back()) + " %, other first weights " +
                 percent(last.control.back()) + " %");
    }
  }
  for (std::size_t i = 0; i < ways[0].rounds.size(); ++i) {
    std::vector<std::string> cells = {fixed(100 * ways[0].rounds[i].sparsity, 2)};
    for (const Way& way : ways) {
      const Round& round = way.rounds[i];
      cells.insert(cells.end(),
                   {cell(round.ticket), cell(round.control), cell(round.differences())});
    }
    report.add_row(std::move(cells), {.test = ways[1].rounds[i].ticket});
  }
  for (const Way& way : ways) report.add_panel(accuracy_panel(way));
  return report.finish("Lottery tickets", {{"ticket_minus_control", lead(ways[0].rounds)},
                                           {"early_ticket_minus_control", lead(ways[1].rounds)},
                                           {"test_accuracy", mean(ways[1].rounds.back().ticket)}});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 10, .batch_size = 128, .lr = 5e-3}, false, 5}};
  Flags flags("lottery", "Searches lottery tickets and compares them with other first weights.");
  add(flags, options);
  flags.add_count("rounds", options.rounds, "of pruning, 30 % of what is left each");
  return flags.run(argc, argv, [&] {
    if (options.quick) {
      shorten(options, 4);
      options.rounds = 2;
    }
    return draw_lots(options);
  });
}
