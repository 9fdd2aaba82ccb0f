// How many pictures make an update, and how far it goes: both decide what is found, and how fast.
//
//   ./bazelw run //examples/animal_faces:batch_size
#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "regularize/norms.h"

namespace tenon::examples {
namespace {

struct Row {
  std::string name;
  std::int64_t batch_size = 128;
  optim::SGDOptions sgd = {.lr = 1e-3, .momentum = 0.9};
};

std::vector<Row> all_rows() {
  std::vector<Row> rows;
  for (const std::int64_t size : {8, 32, 128, 512, 2048}) {
    rows.push_back({.name = "batch " + std::to_string(size), .batch_size = size});
  }
  // The notebook's rates and momentum.
  for (const char* const rate : {"0.0005", "0.001", "0.005"}) {
    rows.push_back({.name = std::string("rate ") + rate + ", momentum 0.99",
                    .sgd = {.lr = std::stod(rate), .momentum = 0.99}});
  }
  return rows;
}

absl::Status run_row(const Row& row, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  const std::int64_t pictures = options.quick ? 500 : 4000;
  const RowSetup setup{row.name, {.train = pictures, .validation = 500}, animal_net};
  const auto tally = over_seeds(options, report, animals, setup,
                                [&](layers::Module& net, const Parts& parts, std::uint64_t seed) {
                                  regularize::NormLog norm("*");
                                  return run_trial(net, parts,
                                                   {.epochs = options.epochs,
                                                    .batch_size = row.batch_size,
                                                    .sgd = row.sgd,
                                                    .seed = seed,
                                                    .device = options.device,
                                                    .callbacks = {&norm}});
                                });
  if (!tally.ok()) return tally.status();
  const std::int64_t updates = options.epochs * ((pictures + row.batch_size - 1) / row.batch_size);
  report.add_judged_row({row.name, std::to_string(updates), fixed(mean(tally->seconds), 2),
                         fixed(mean(tally->norm), 2)},
                        *tally);
  return absl::OkStatus();
}

absl::Status compare(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report(
      "batch_size", options, *animals,
      {"row", "updates", "seconds", "norm in the end", "train %", "validation %", "test %"});
  for (const Row& row : all_rows()) {
    const absl::Status status = run_row(row, *animals, options, report);
    if (!status.ok()) return status;
  }
  return report.finish("Batch size and rate", {});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 0}, false, 5};
  Flags flags("batch_size", "Compares batch sizes and learning rates of the same network.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 5);
    return compare(options);
  });
}
