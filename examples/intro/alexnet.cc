// AlexNet on photographs of 224x224 pixels: what its layers compute, what a training step does, and
// what dropout does.
//
//   ./bazelw run //examples/intro:alexnet
#include "models/alexnet.h"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/image/image_folder.h"
#include "data/transforms.h"
#include "examples/common/data_folder.h"
#include "examples/common/experiment.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/table.h"
#include "optim/sgd.h"
#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

using autograd::Variable;

constexpr std::int64_t kSide = 224;

// Real animals, as f32 from -1 to 1.
absl::StatusOr<data::ImageTree> load_photographs(const CommonOptions& options) {
  const auto folder = data_folder(options, "afhq_sample");
  if (!folder.ok()) return folder.status();
  auto photographs = data::load_image_tree(*folder, {.height = kSide, .width = kSide});
  if (photographs.ok()) photographs->images = data::to_unit(photographs->images) * 2 - 1;
  return photographs;
}

// `chosen` of `count` indices at equal distances, or all: pictures of every class, which are in
// turn.
Tensor evenly(std::int64_t count, std::int64_t chosen) {
  std::vector<std::int64_t> indices;
  chosen = std::min(chosen, count);
  for (std::int64_t i = 0; i < chosen; ++i) indices.push_back(i * count / chosen);
  return from_vector(indices);
}

// How much of the first linear layer's input dropout clears, and whether two passes agree.
struct DropoutFacts {
  double cleared = 0;
  bool training_passes_differ = false;
  bool evaluation_passes_agree = false;
};

bool same(const Tensor& a, const Tensor& b) { return sum(ne(a, b)).item<std::int64_t>() == 0; }

DropoutFacts look_at_dropout(models::AlexNet& net, const Tensor& images) {
  const autograd::NoGrad no_grad;
  DropoutFacts facts;
  net.train();
  const Variable before = ones({1, 9216}, {.device = images.device()});
  facts.cleared = mean(eq(net.classifier[0](before).value(), 0).to(DType::kF64)).item<double>();
  facts.training_passes_differ = !same(net(images).value(), net(images).value());
  net.eval();
  facts.evaluation_passes_agree = same(net(images).value(), net(images).value());
  net.train();
  return facts;
}

// A few updates on one batch: the loss before each, and the seconds of all.
struct Training {
  std::vector<double> losses = {};
  double seconds = 0;
};

Training train_on(models::AlexNet& net, const Tensor& images, const Tensor& labels,
                  const ExperimentOptions& options) {
  optim::SGD optimizer(net.parameters(), {.lr = options.lr, .momentum = 0.9});
  Training training;
  const auto start = std::chrono::steady_clock::now();
  for (int step = 0; step < options.epochs; ++step) {
    optimizer.zero_grad();
    const Variable loss = cross_entropy(net(images), labels);
    loss.backward();
    optimizer.step();
    training.losses.push_back(loss.item<double>());
    if (!options.quiet) std::printf("step %2d  loss %.4f\n", step + 1, training.losses.back());
  }
  training.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return training;
}

absl::Status look(ExperimentOptions& options) {
  if (options.quick) {
    options.epochs = 3;
    options.batch_size = 4;
  }
  const auto photographs = load_photographs(options);
  if (!photographs.ok()) return photographs.status();
  const Tensor chosen = evenly(photographs->labels.size(0), options.batch_size);
  const Tensor images = index_select(photographs->images, 0, chosen).to(options.device);
  const Tensor labels = index_select(photographs->labels, 0, chosen).to(options.device);

  manual_seed(options.seed);
  models::AlexNet net;
  if (!options.quiet) std::printf("%s\n", net.summary({1, 3, kSide, kSide}).c_str());
  net.to(options.device);
  const DropoutFacts dropout = look_at_dropout(net, images.slice(0, 0, 2));
  const Training training = train_on(net, images, labels, options);
  const std::vector<double>& losses = training.losses;

  Table table({"", "published", "here"});
  table.add_row({"parameters", "61100840", std::to_string(net.num_parameters())});
  table.add_row({"cleared by dropout, p = 0.5", "0.5", fixed(dropout.cleared, 3)});
  table.add_row(
      {"two passes in training", "differ", dropout.training_passes_differ ? "differ" : "agree"});
  table.add_row(
      {"two passes in evaluation", "agree", dropout.evaluation_passes_agree ? "agree" : "differ"});
  table.add_row({"loss of the first batch, log 1000 = 6.908", "6.91", fixed(losses.front(), 3)});
  table.add_row({"loss after " + std::to_string(losses.size() - 1) + " steps on it", "-",
                 fixed(losses.back(), 3)});
  if (!options.quiet) std::printf("\n%s\n", table.to_text().c_str());
  absl::Status status = table.write(options.output("table"));
  if (status.ok()) {
    status = draw({{.title = "one batch of photographs",
                    .x_label = "step",
                    .y_label = "loss",
                    .series = {curve("", losses)}}},
                  options.output("alexnet"), {.title = "AlexNet, 224x224"}, 1);
  }
  if (!status.ok()) return status;
  ResultLine result("intro:alexnet", options);
  result.add("params", net.num_parameters());
  result.add("dropout_share", dropout.cleared);
  result.add("first_loss", losses.front());
  result.add("last_loss", losses.back());
  result.add("peak_bytes", allocator(kCpu).stats().peak_bytes);
  result.add("seconds", training.seconds);
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 12, .batch_size = 16, .lr = 1e-2}};
  Flags flags("alexnet",
              "AlexNet on photographs: layers, dropout, and updates (--epochs) on a batch.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return look(options); });
}
