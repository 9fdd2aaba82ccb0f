// LeNet from four kinds of first weights, with and without momentum: zero ones never learn, N(0,1)
// ones begin with losses in the thousands, Xavier's and He's just work.
//
//   ./bazelw run //examples/weight_init:lenet
#include "models/lenet.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/transforms.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/optimizers.h"
#include "examples/common/row_trainer.h"
#include "init/scheme.h"
#include "layers/initialize.h"
#include "optim/schedule.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

constexpr int kQuickEpochs = 2;
constexpr double kRateFalls = 0.1;  // to this share, after each third of the epochs

struct Options : ExperimentOptions {
  std::string init = "all";
};

// CIFAR-100 where all of it is there, else CIFAR-10.
absl::StatusOr<ImageProblem> load_cifar(const CommonOptions& options) {
  auto cifar100 = load_cifar100_problem(options);
  return absl::IsNotFound(cifar100.status()) ? load_cifar10_problem(options) : cifar100;
}

std::unique_ptr<layers::Module> make_lenet(init::Scheme scheme, std::int64_t classes) {
  auto net = std::make_unique<models::LeNet>(models::LeNetOptions{.classes = classes});
  layers::initialize(*net, scheme, default_generator());
  return net;
}

std::vector<RowOptions> rows(const Options& options, std::int64_t classes) {
  const std::int64_t third = std::max(1, (options.epochs + 2) / 3);
  std::vector<RowOptions> rows;
  for (const auto& [name, scheme] :
       {std::pair{"zero", init::Scheme::kZeros}, std::pair{"normal", init::Scheme::kNormal},
        std::pair{"xavier", init::Scheme::kXavierUniform},
        std::pair{"he", init::Scheme::kKaimingNormal}}) {
    if (options.init != "all" && options.init != name) continue;
    for (const char* optimizer : {"sgd", "momentum"}) {
      rows.push_back({.name = std::string(name) + "/" + optimizer,
                      .network = [=, scheme = scheme] { return make_lenet(scheme, classes); },
                      .optimizer = optimizer_maker(optimizer, options.lr),
                      .schedule = optim::step_lr({.step_size = third, .gamma = kRateFalls}),
                      .every = train::Every::kEpoch});
    }
  }
  return rows;
}

absl::Status compare(Options options) {
  auto cifar = load_cifar(options);
  if (!cifar.ok()) return cifar.status();
  if (options.quick) {
    options.epochs = kQuickEpochs;
    cifar->train = head(cifar->train, 4'000);
    cifar->test = head(cifar->test, 1'000);
  }
  const data::ChannelStats stats = data::channel_stats(cifar->train.inputs);
  for (Examples* part : {&cifar->train, &cifar->test}) {
    part->inputs = data::normalize(part->inputs, stats);
  }
  const data::TensorDataset train_set = dataset(cifar->train);
  const data::TensorDataset test_set = dataset(cifar->test);
  const auto classes = static_cast<std::int64_t>(cifar->classes.size());
  RowTrainer trainer(train_set, test_set, options);
  absl::Status status = trainer.train(rows(options, classes));
  if (!status.ok()) return status;
  return trainer.finish("weight_init_lenet",
                        "LeNet on CIFAR-" + std::to_string(classes) + ": first weights");
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 30, .batch_size = 128, .lr = 1e-2}}};
  Flags flags("weight_init_lenet", "Compares first weights of LeNet on CIFAR-100, or CIFAR-10.");
  add(flags, options);
  flags.add_choice("init", options.init, {"all", "zero", "normal", "xavier", "he"}, "to try");
  return flags.run(argc, argv, [&] { return compare(options); });
}
