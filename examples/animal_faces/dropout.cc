// Dropout and its kin in a network that is wider for them.
//
//   ./bazelw run //examples/animal_faces:dropout
#include <functional>
#include <string>
#include <vector>

#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "layers/drop_connect.h"
#include "layers/dropout_variants.h"
#include "layers/sequential.h"

namespace tenon::examples {
namespace {

struct Row {
  std::string name;
  std::function<Net()> make;
};

const std::vector<std::int64_t> kWide = {248, 210};
constexpr double kShares[] = {0.5, 0.3};  // of the hidden layers

/// The wide network with a layer of the given kind before each activation.
template <class Layer>
Net wide_with() {
  std::vector<models::AddActivation> before;
  for (const double p : kShares) {
    before.emplace_back([p](layers::Sequential& net) { net.add<Layer>({.p = p}); });
  }
  return leaky_net(kWide, before);
}

/// The wide network, whose hidden layers drop weights.
Net wide_drop_connect() {
  Net net = leaky_net(kWide);
  std::size_t next = 0;
  for (const auto& [name, module] : net->named_modules()) {
    auto* linear = dynamic_cast<layers::Linear*>(module);
    if (linear && next < std::size(kShares)) {
      layers::drop_connect(*linear, {.p = kShares[next++]});
    }
  }
  return net;
}

absl::Status run_row(const Row& row, const Animals& animals, const ExperimentOptions& options,
                     Report& report) {
  std::int64_t parameters = 0;
  const RowSetup setup{row.name, {.train = 100, .validation = 100}, row.make};
  const auto tally = over_seeds(options, report, animals, setup,
                                [&](layers::Module& net, const Parts& parts, std::uint64_t seed) {
                                  parameters = net.num_parameters();
                                  return run_trial(net, parts, training(options, seed));
                                });
  if (!tally.ok()) return tally.status();
  report.add_judged_row({row.name, std::to_string(parameters)}, *tally);
  return absl::OkStatus();
}

absl::Status drop(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report("dropout", options, *animals,
                {"network", "parameters", "train %", "validation %", "test %"});
  for (const Row& row :
       std::vector<Row>{{"124-64", big_animal_net},
                        {"248-210", [] { return leaky_net(kWide); }},
                        {"248-210, dropout", wide_with<layers::Dropout>},
                        {"248-210, Gaussian dropout", wide_with<layers::GaussianDropout>},
                        {"248-210, DropConnect", wide_drop_connect}}) {
    const absl::Status status = run_row(row, *animals, options, report);
    if (!status.ok()) return status;
  }
  return report.finish("Dropout", {});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 200, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("dropout", "Trains on 100 pictures with several kinds of dropout.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 25);
    return drop(options);
  });
}
