// A plain feed-forward network, 784-512-1024-128-10, on the handwritten digits of MNIST.
//
//   ./bazelw run //examples/mnist_ffnn -- --init=he --optimizer=adam
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "data/data_loader.h"
#include "data/mnist.h"
#include "data/tensor_dataset.h"
#include "data/transforms.h"
#include "examples/common/data_folder.h"
#include "examples/common/flags.h"
#include "examples/common/result_line.h"
#include "examples/mnist_ffnn/ffnn.h"
#include "init/scheme.h"
#include "optim/adam.h"
#include "optim/sgd.h"
#include "tensor/io/safetensors.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

struct Options : CommonOptions {
  std::string init = "he";
  std::string optimizer = "adam";
  double momentum = 0.9;
  bool quick = false;
};

constexpr double kAdamRate = 1e-3;
constexpr double kSgdRate = 1e-2;

std::optional<init::Scheme> scheme_of(const std::string& init) {
  if (init == "default") return std::nullopt;
  return init::parse_scheme(init == "zero" ? "zeros" : init);
}

std::unique_ptr<optim::Optimizer> make_optimizer(const layers::Module& net,
                                                 const Options& options) {
  if (options.optimizer == "adam") {
    return std::make_unique<optim::Adam>(net.parameters(), optim::AdamOptions{.lr = options.lr});
  }
  return std::make_unique<optim::SGD>(
      net.parameters(), optim::SGDOptions{.lr = options.lr, .momentum = options.momentum});
}

// Pixels stay bytes in memory; a batch becomes f32 from 0 to 1 when it is made.
void to_unit_pixels(data::Batch& batch) { batch.inputs = data::to_unit(batch.inputs); }

train::Settings settings(const Options& options) {
  return {{"init", options.init},
          {"optimizer", options.optimizer},
          {"lr", std::to_string(options.lr)},
          {"momentum", std::to_string(options.momentum)},
          {"seed", std::to_string(options.seed)}};
}

absl::Status draw_curves(const train::History& history, const Options& options) {
  const auto plot =
      train::plot_curves(history, options.output("curves"),
                         {.title = "MNIST, " + options.init + ", " + options.optimizer});
  if (!plot.ok()) return plot.status();
  std::printf("%s\n", plot->note.empty() ? ("curves: " + plot->png).c_str() : plot->note.c_str());
  return absl::OkStatus();
}

absl::Status train_and_test(Options& options) {
  if (options.quick) options.epochs = 1;
  if (options.lr == 0) options.lr = options.optimizer == "adam" ? kAdamRate : kSgdRate;
  const auto folder = data_folder(options, "mnist");
  if (!folder.ok()) return folder.status();
  const data::MnistOptions all, few{.train = 10'000, .test = 2'000};
  const auto mnist = data::load_mnist(*folder, options.quick ? few : all);
  if (!mnist.ok()) return mnist.status();
  const data::TensorDataset train_images(mnist->train.images, mnist->train.labels);
  const data::TensorDataset test_images(mnist->test.images, mnist->test.labels);
  const data::Transformed train_set(train_images, to_unit_pixels);
  const data::Transformed test_set(test_images, to_unit_pixels);
  data::DataLoader train_loader(
      train_set, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
  data::DataLoader test_loader(test_set, {.batch_size = 1000});

  manual_seed(options.seed);
  const auto network = make_mnist_ffnn({.activations = "relu", .init = scheme_of(options.init)});
  layers::Module& net = *network;
  net.to(options.device);
  const auto optimizer = make_optimizer(net, options);

  train::Accuracy accuracy;
  train::Checkpoint checkpoint({.path = options.output("checkpoint.safetensors"),
                                .resume = options.resume,
                                .settings = settings(options)});
  train::CsvLog log(options.output("metrics.csv"));
  train::ProgressBar bar(
      {.style = options.quiet ? train::ProgressStyle::kSilent : train::ProgressStyle::kAuto});
  const auto history = train::fit(net, train_loader, *optimizer,
                                  {.epochs = options.epochs,
                                   .metrics = {&accuracy},
                                   .validation = &test_loader,
                                   .callbacks = {&checkpoint, &log, &bar}});
  if (!history.ok()) return history.status();

  train::ConfusionMatrix confusion(10);
  train::evaluate(net, train_loader, {.metrics = {&accuracy}});
  const double train_accuracy = accuracy.value();
  const train::Evaluation test =
      train::evaluate(net, test_loader, {.metrics = {&accuracy, &confusion}});
  if (!options.quiet) std::printf("\n%s\n", to_string(confusion).c_str());
  if (absl::Status status = draw_curves(*history, options); !status.ok()) return status;
  if (absl::Status status = write_safetensors(options.output("model.safetensors"),
                                              {.tensors = net.state_dict(), .metadata = {}});
      !status.ok()) {
    return status;
  }

  ResultLine result("mnist_ffnn", options);
  result.add("init", options.init);
  result.add("optimizer", options.optimizer);
  result.add("lr", options.lr);
  result.add("train_accuracy", train_accuracy);
  result.add("test_accuracy", accuracy.value());
  result.add("test_loss", test.loss);
  result.add("params", net.num_parameters());
  result.add_costs(*history, train_set.size(), options.device);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  Options options{{.epochs = 10, .batch_size = 100}};
  Flags flags("mnist_ffnn", "Trains a feed-forward network (784-512-1024-128-10) on MNIST.");
  flags.add(options);
  flags.add_choice("init", options.init, {"he", "xavier", "normal", "zero", "default"},
                   "first weights");
  flags.add_choice("optimizer", options.optimizer, {"adam", "sgd"}, "update rule");
  flags.add_number("momentum", options.momentum, 0, 1, "of sgd");
  flags.add_switch("quick", options.quick, "one epoch of 10,000 images");
  return flags.run(argc, argv, [&] { return train_and_test(options); });
}
