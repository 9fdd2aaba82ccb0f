// A perceptron and a convolutional network on CIFAR-10.
//
//   ./bazelw run //examples/intro:cifar10 -- --model=mlp,cnn
#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/optimizers.h"
#include "examples/common/row_trainer.h"
#include "layers/layers.h"
#include "models/mlp.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

constexpr double kRate = 3e-4;

std::unique_ptr<layers::Module> make_mlp() {
  return std::make_unique<models::Mlp>(models::MlpOptions{.sizes = {3072, 512, 256, 10}});
}

// Three convolutions, each with a ReLU and a pool, and a linear layer.
std::unique_ptr<layers::Module> make_cnn() {
  auto net = std::make_unique<layers::Sequential>();
  std::int64_t channels = 3;
  for (const std::int64_t width : {32, 64, 128}) {
    net->add<layers::Conv2d>(
        {.in_channels = channels, .out_channels = width, .kernel = 3, .padding = 1});
    net->add<layers::ReLU>();
    net->add<layers::MaxPool2d>({.kernel = 2});
    channels = width;
  }
  net->add<layers::Flatten>();
  net->add<layers::Linear>({.in_features = 128 * 4 * 4, .out_features = 10});
  return net;
}

absl::StatusOr<std::vector<RowOptions>> rows_of(const std::string& models) {
  std::vector<RowOptions> rows;
  for (std::size_t begin = 0; begin <= models.size();) {
    const std::size_t end = std::min(models.find(',', begin), models.size());
    const std::string name = models.substr(begin, end - begin);
    begin = end + 1;
    if (name == "mlp") {
      rows.push_back({.name = name, .published = "53.5", .network = make_mlp, .batch_size = 32});
    } else if (name == "cnn") {
      rows.push_back({.name = name, .published = "70.2", .network = make_cnn, .batch_size = 128});
    } else {
      return absl::InvalidArgumentError("--model: expected mlp, cnn or both, got '" + models + "'");
    }
    rows.back().optimizer = optimizer_maker("adam", kRate);
  }
  return rows;
}

absl::Status compare(ExperimentOptions options, const std::string& models) {
  const auto rows = rows_of(models);
  if (!rows.ok()) return rows.status();
  Taken taken;
  if (options.quick) {
    options.epochs = 2;
    taken = {.train = 1'000, .test = 300};
  }
  auto cifar = load_cifar10_problem(options, taken);
  if (!cifar.ok()) return cifar.status();
  for (Examples* part : {&cifar->train, &cifar->test}) part->inputs = part->inputs * 2 - 1;
  const data::TensorDataset train_set = dataset(cifar->train), test_set = dataset(cifar->test);
  RowTrainer trainer(train_set, test_set, options);
  if (absl::Status status = trainer.train(*rows); !status.ok()) return status;
  return trainer.finish("intro:cifar10", "CIFAR-10", cifar->classes);
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 10, .batch_size = 0}};
  std::string models = "mlp,cnn";
  Flags flags("cifar10", "A perceptron and a convolutional network on CIFAR-10.");
  add(flags, options);
  flags.add_text("model", models, "NAMES", "mlp, cnn, or both with a comma between");
  return flags.run(argc, argv, [&] { return compare(options, models); });
}
