// The first minute with Tenon: a small convolutional network learns to read handwritten digits.
//
//   ./bazelw run //examples/quickstart
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numbers>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/data_loader.h"
#include "data/digits.h"
#include "data/image/contact_sheet.h"
#include "data/image/png.h"
#include "data/split.h"
#include "data/tensor_dataset.h"
#include "examples/common/flags.h"
#include "examples/common/paths.h"
#include "examples/common/result_line.h"
#include "layers/layers.h"
#include "optim/adam.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

using autograd::Variable;

// The rows and columns of an image [C,8,8] that a step by (dy, dx) leaves or reaches. A view.
Tensor window(const Tensor& image, std::int64_t dy, std::int64_t dx) {
  return image.slice(1, std::max<std::int64_t>(dy, 0), 8 + std::min<std::int64_t>(dy, 0))
      .slice(2, std::max<std::int64_t>(dx, 0), 8 + std::min<std::int64_t>(dx, 0));
}

// Moves each image by up to a pixel each way: another picture of the same digit.
Tensor jitter(const Tensor& images) {
  Generator& random = default_generator();
  const Tensor moved = zeros_like(images);
  for (std::int64_t n = 0; n < images.size(0); ++n) {
    const auto dy = static_cast<std::int64_t>(random.next_below(3)) - 1;
    const auto dx = static_cast<std::int64_t>(random.next_below(3)) - 1;
    window(moved.select(0, n), dy, dx).copy_(window(images.select(0, n), -dy, -dx));
  }
  return moved;
}

// A network is a struct. Its layers are members; forward() says how an image passes through them.
struct DigitNet : layers::Module {
  layers::Conv2d conv1{this, "conv1", {.in_channels = 1, .out_channels = 32, .kernel = 3, .padding = 1}};
  layers::Conv2d conv2{this, "conv2", {.in_channels = 32, .out_channels = 64, .kernel = 3, .padding = 1}};
  layers::MaxPool2d pool{this, "pool", {.kernel = 2}};
  layers::Dropout dropout{this, "dropout", {.p = 0.25}};
  layers::Linear fc1{this, "fc1", {.in_features = 64 * 4 * 4, .out_features = 128}};
  layers::Linear fc2{this, "fc2", {.in_features = 128, .out_features = 10}};

  // images [N,1,8,8] -> logits [N,10]
  Variable forward(const Variable& images) override {
    Variable x = training() ? jitter(images.value()) : images;
    x = pool(conv2(conv1(x, Activation::kRelu), Activation::kRelu));
    x = fc1(dropout(flatten(x, 1)), Activation::kRelu);
    return fc2(x);
  }
};

// What should happen during training is a callback. This one lets the learning rate fall to zero
// along half a cosine (Loshchilov & Hutter 2017, "SGDR", §3).
struct CosineRate : train::Callback {
  explicit CosineRate(double peak) : peak(peak) {}

  absl::Status before_update(train::Run& run) override {
    const double steps = static_cast<double>(run.epochs * run.loader.num_batches());
    const double done = static_cast<double>(run.step) / steps;
    run.optimizer.set_lr(peak * 0.5 * (1 + std::cos(std::numbers::pi * done)));
    return absl::OkStatus();
  }

  double peak;
};

// 1,797 images of 8x8 pixels come with the program.
absl::StatusOr<data::LabeledImages> load_images(const CommonOptions& options) {
  if (!options.data_dir.empty()) {
    return data::load_digits(options.data_dir + "/digits/digits.csv.gz");
  }
  const auto file = runfile("data/testdata/digits.csv.gz");
  if (!file.ok()) return file.status();
  return data::load_digits(*file);
}

// The examples at `rows`, with pixels scaled from 0..16 to 0..1.
data::TensorDataset select(const data::LabeledImages& digits, const std::vector<std::int64_t>& rows) {
  const Tensor index = from_vector(rows);
  return data::TensorDataset(index_select(digits.images.to(DType::kF32) / 16, 0, index),
                             index_select(digits.labels, 0, index));
}

// What the network says to images [N,1,8,8], on the CPU: logits [N,10].
Tensor predict(layers::Module& net, const Tensor& images, Device device) {
  const autograd::NoGrad no_grad;
  net.eval();
  return net(images.to(device)).value().to(kCpu);
}

// A page of the test images that the network got wrong.
absl::Status draw_mistakes(const data::TensorDataset& test, const Tensor& logits,
                           const std::string& path) {
  const std::vector<std::int64_t> predicted = argmax(logits, 1).to_vector<std::int64_t>();
  const std::vector<std::int64_t> labels = test.targets().to_vector<std::int64_t>();
  std::vector<std::int64_t> wrong;
  std::vector<std::string> captions;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (predicted[i] == labels[i]) continue;
    wrong.push_back(static_cast<std::int64_t>(i));
    captions.push_back(std::to_string(labels[i]) + " > " + std::to_string(predicted[i]));
  }
  const Tensor images = index_select(test.inputs(), 0, from_vector(wrong));
  return data::write_png(path, data::contact_sheet(images, captions, {.title = "true > predicted", .scale = 12}));
}

// One page with everything: settings, curves, the confusion matrix, the mistakes.
absl::Status write_page(const train::History& history, const train::ConfusionMatrix& confusion,
                        double accuracy, const CommonOptions& options) {
  const auto mistakes = read_file(options.output("mistakes.png"));
  if (!mistakes.ok()) return mistakes.status();
  const train::Report page{.title = "8x8 digits",
                           .settings = {{"epochs", std::to_string(options.epochs)},
                                        {"batch size", std::to_string(options.batch_size)},
                                        {"learning rate", std::to_string(options.lr)},
                                        {"seed", std::to_string(options.seed)}},
                           .results = {{"test accuracy", std::to_string(accuracy)}},
                           .history = history,
                           .confusion = &confusion,
                           .pictures = {{"what it got wrong", *mistakes}}};
  return train::write_report(page, options.output("report.html"));
}

// Writes the weights, reads them into a network that knows nothing yet, and compares the two.
absl::Status save_and_check(DigitNet& net, const Tensor& images, const Tensor& logits,
                            const CommonOptions& options) {
  const std::string path = options.output("model.safetensors");
  absl::Status saved = write_safetensors(path, {.tensors = net.state_dict(), .metadata = {}});
  if (!saved.ok()) return saved;
  const auto file = read_safetensors(path);
  if (!file.ok()) return file.status();
  DigitNet fresh;
  fresh.load_state_dict(file->tensors);
  fresh.to(options.device);
  const Tensor differences = ne(predict(fresh, images, options.device), logits);
  if (sum(differences).item<std::int64_t>() != 0) {
    return absl::InternalError(path + ": the network read back computes something else");
  }
  std::printf("model saved, read into a fresh network: all %d test logits agree to the bit\n",
              static_cast<int>(logits.numel()));
  return absl::OkStatus();
}

void say_what_next(const CommonOptions& options) {
  std::printf(
      "\nwritten to %s:\n"
      "  report.html                    one page with everything\n"
      "  curves.png .svg, metrics.csv   loss and accuracy over the epochs\n"
      "  mistakes.png                   the digits it got wrong\n"
      "  model.safetensors              the weights; Python reads them too\n"
      "  tensorboard                    the same for TensorBoard\n"
      "next:\n"
      "  change DigitNet in examples/quickstart/quickstart.cc and run it again\n"
      "  ./bazelw run //examples/quickstart -- --help\n"
      "  ./bazelw run //examples/mnist_ffnn      a bigger network on MNIST\n\n",
      options.out_dir.c_str());
}

absl::Status train_and_show(const CommonOptions& options) {
  // The data: a fifth of it is held out, and only looked at to see how well the network does.
  const auto digits = load_images(options);
  if (!digits.ok()) return digits.status();
  const auto parts = data::stratified_split(digits->labels, {0.8, 0.2}, options.seed);
  const data::TensorDataset train_set = select(*digits, parts[0]);
  const data::TensorDataset test_set = select(*digits, parts[1]);
  data::DataLoader train_loader(
      train_set, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
  data::DataLoader test_loader(test_set, {.batch_size = 256});

  // The network and what changes its weights.
  manual_seed(options.seed);
  DigitNet net;
  net.to(options.device);
  optim::Adam optimizer(net.parameters(), {.lr = options.lr});
  if (!options.quiet) std::printf("%s", net.summary().c_str());

  // Training.
  train::Accuracy accuracy;
  train::Checkpoint checkpoint(
      {.path = options.output("checkpoint.safetensors"), .resume = options.resume});
  CosineRate rate(options.lr);
  train::CsvLog log(options.output("metrics.csv"));
  train::TensorBoardLog board(options.output("tensorboard"));
  train::ProgressBar bar({.style = options.quiet ? train::ProgressStyle::kSilent
                                                 : train::ProgressStyle::kAuto});
  const auto history = train::fit(net, train_loader, optimizer,
                                  {.epochs = options.epochs,
                                   .metrics = {&accuracy},
                                   .validation = &test_loader,
                                   .callbacks = {&checkpoint, &rate, &log, &board, &bar}});
  if (!history.ok()) return history.status();

  // How good is it?
  train::ConfusionMatrix confusion(10);
  train::evaluate(net, train_loader, {.metrics = {&accuracy}});
  const double train_accuracy = accuracy.value();
  const train::Evaluation test =
      train::evaluate(net, test_loader, {.metrics = {&accuracy, &confusion}});
  if (!options.quiet) std::printf("\n%s\n", to_string(confusion).c_str());

  // Pictures, and the model on disk.
  const auto plot = train::plot_curves(*history, options.output("curves"), {.title = "8x8 digits"});
  if (!plot.ok()) return plot.status();
  if (!plot->note.empty()) std::printf("%s\n", plot->note.c_str());
  const Tensor logits = predict(net, test_set.inputs(), options.device);
  absl::Status status = draw_mistakes(test_set, logits, options.output("mistakes.png"));
  if (status.ok()) status = write_page(*history, confusion, accuracy.value(), options);
  if (status.ok()) status = save_and_check(net, test_set.inputs(), logits, options);
  if (!status.ok()) return status;
  if (!options.quiet) say_what_next(options);

  ResultLine result("quickstart", options);
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
  CommonOptions options{.epochs = 20, .batch_size = 32, .lr = 3e-3};
  Flags flags("quickstart", "Trains a small convolutional network on 1,797 real handwritten digits.");
  flags.add(options);
  return flags.run(argc, argv, [&] { return train_and_show(options); });
}
