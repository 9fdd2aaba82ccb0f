// LeNet from four kinds of first weights, with and without momentum: zero ones never learn, N(0,1)
// ones begin with losses in the thousands, Xavier's and He's just work.
//
//   ./bazelw run //examples/weight_init:lenet
#include "models/lenet.h"

#include <algorithm>
#include <memory>
#include <string>
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

constexpr int kQuickEpochs = 1;
constexpr std::int64_t kQuickBatch = 64;
constexpr double kRateFalls = 0.1;  // to this share, after each third of the epochs

struct Options : ExperimentOptions {
  std::string init = "all";
};

// CIFAR-100 where all of it is there, else CIFAR-10.
absl::StatusOr<ImageProblem> load_cifar(const CommonOptions& options, const Taken& taken) {
  auto cifar100 = load_cifar100_problem(options, taken);
  return absl::IsNotFound(cifar100.status()) ? load_cifar10_problem(options, taken) : cifar100;
}

// He's factor of sqrt(2) makes up for what a ReLU takes away. None follows the last layer: with the
// factor 1, He's rule for it is LeCun's.
struct FirstWeights {
  const char* name;
  init::Scheme scheme;
  init::Scheme last;  // of the layer that gives the logits
};

constexpr FirstWeights kFirstWeights[] = {
    {"zero", init::Scheme::kZeros, init::Scheme::kZeros},
    {"normal", init::Scheme::kNormal, init::Scheme::kNormal},
    {"xavier_normal", init::Scheme::kXavierNormal, init::Scheme::kXavierNormal},
    {"he_normal", init::Scheme::kKaimingNormal, init::Scheme::kLecunNormal},
    {"xavier_uniform", init::Scheme::kXavierUniform, init::Scheme::kXavierUniform},
    {"he_uniform", init::Scheme::kKaimingUniform, init::Scheme::kLecunUniform},
};

std::unique_ptr<layers::Module> make_lenet(const FirstWeights& first, std::int64_t classes) {
  auto net = std::make_unique<models::LeNet>(models::LeNetOptions{.classes = classes});
  layers::initialize(*net, first.scheme, default_generator());
  init::fill_(net->fc3.weight().value(), first.last, default_generator());
  return net;
}

std::vector<RowOptions> rows(const Options& options, std::int64_t classes) {
  const std::int64_t third = std::max(1, (options.epochs + 2) / 3);
  std::vector<RowOptions> rows;
  for (const FirstWeights& first : kFirstWeights) {
    if (options.init != "all" && options.init != first.name) continue;
    for (const char* optimizer : {"sgd", "momentum"}) {
      rows.push_back({.name = std::string(first.name) + "/" + optimizer,
                      .network = [=] { return make_lenet(first, classes); },
                      .optimizer = optimizer_maker(optimizer, options.lr),
                      .schedule = optim::step_lr({.step_size = third, .gamma = kRateFalls}),
                      .every = train::Every::kEpoch});
    }
  }
  return rows;
}

absl::Status compare(Options options) {
  Taken taken;
  if (options.quick) {
    shorten(options, kQuickEpochs);
    options.batch_size = std::min(options.batch_size, kQuickBatch);
    taken = {.train = 2'000, .test = 300};
  }
  auto cifar = load_cifar(options, taken);
  if (!cifar.ok()) return cifar.status();
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
                        "LeNet on CIFAR-" + std::to_string(classes) + ": first weights",
                        cifar->classes);
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{{.epochs = 30, .batch_size = 128, .lr = 1e-2}, false, 3}};
  Flags flags("weight_init_lenet", "Compares first weights of LeNet on CIFAR-100, or CIFAR-10.");
  add(flags, options);
  flags.add_choice(
      "init", options.init,
      {"all", "zero", "normal", "xavier_normal", "he_normal", "xavier_uniform", "he_uniform"},
      "to try");
  return flags.run(argc, argv, [&] { return compare(options); });
}
