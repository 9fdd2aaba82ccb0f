// What a network that knows CIFAR-10 is worth on clothes: a pretrained ResNet-20 on Fashion-MNIST
// with 20, 100 and 1,000 images of each class.
//
//   ./bazelw run //examples/intro:transfer
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/data_loader.h"
#include "data/image/resize.h"
#include "examples/common/data_folder.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "finetune/vision.h"
#include "layers/freeze.h"
#include "models/resnet.h"
#include "optim/adam.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

constexpr std::int64_t kClasses = 10;

enum class Method { kScratch, kHead, kEverything, kDiscriminative };
struct NamedMethod {
  Method method;
  std::string name;
};
const std::vector<NamedMethod>& methods() {
  static const std::vector<NamedMethod> all = {{Method::kScratch, "from scratch"},
                                               {Method::kHead, "new head, the rest frozen"},
                                               {Method::kEverything, "fine-tune everything"},
                                               {Method::kDiscriminative, "discriminative rates"}};
  return all;
}

// So many images of each class, and the epochs that they take.
struct Budget {
  std::int64_t per_class;
  int epochs;
};

// Grey clothes as the network's own images: 32x32, three channels, normalized as it was trained.
Examples as_cifar(const Examples& clothes) {
  const Tensor grey = data::resize(clothes.inputs, 32, 32);
  const Tensor mean = tensor({0.485F, 0.456F, 0.406F}).reshape({3, 1, 1});
  const Tensor deviation = tensor({0.229F, 0.224F, 0.225F}).reshape({3, 1, 1});
  const Tensor colour = grey.expand({grey.size(0), 3, 32, 32});
  return {.inputs = ((colour - mean) / deviation).to(Layout::kChannelsLast),
          .labels = clothes.labels};
}

// The first `count` images of each class in a random order.
Examples few_of_each(const Examples& all, std::int64_t count, std::uint64_t seed) {
  Generator random(seed);
  const std::vector<std::int64_t> labels = all.labels.to_vector<std::int64_t>();
  std::vector<std::int64_t> taken(kClasses), indices;
  for (const std::int64_t i : randperm(all.size(), random).to_vector<std::int64_t>()) {
    const auto label = static_cast<std::size_t>(labels[static_cast<std::size_t>(i)]);
    if (taken[label]++ < count) indices.push_back(i);
  }
  return as_cifar(rows(all, indices));
}

// Training with the statistics of batch norms left as they are: what is frozen is frozen whole.
train::ForwardResult forward_frozen(layers::Module& net, const data::Batch& batch) {
  net.eval();
  const autograd::Variable logits = net(batch.inputs);
  return {.output = logits, .loss = autograd::cross_entropy(logits, batch.targets)};
}

class Transfer {
 public:
  Transfer(Examples clothes, const Examples& test, layers::StateDict trained,
           const ExperimentOptions& options)
      : clothes_(std::move(clothes)),
        test_set_(dataset(as_cifar(test))),
        trained_(std::move(trained)),
        options_(options) {}

  // The test accuracy after training on a budget.
  absl::StatusOr<double> learn(Method method, const Budget& budget, std::uint64_t seed) {
    const data::TensorDataset train_set = dataset(few_of_each(clothes_, budget.per_class, seed));
    manual_seed(seed);
    models::ResNet net({.depth = 20});
    if (method != Method::kScratch) net.load_state_dict(trained_);
    finetune::replace_head(net.linear, kClasses);
    if (method == Method::kHead) {
      layers::freeze(net, "*");
      layers::unfreeze(net, "linear.*");
    }
    net.to(options_.device);
    const auto optimizer = optimizer_for(net, method);
    data::DataLoader train_loader(
        train_set, {.batch_size = options_.batch_size, .shuffle = true, .seed = seed});
    data::DataLoader test_loader(test_set_, {.batch_size = 500});
    train::RateSchedule rate(
        optim::cosine_annealing_lr({.steps = budget.epochs * train_loader.num_batches()}));
    train::FitOptions fitting{.epochs = budget.epochs, .callbacks = {&rate}};
    if (method == Method::kHead) fitting.forward = forward_frozen;
    const auto history = train::fit(net, train_loader, *optimizer, fitting);
    if (!history.ok()) return history.status();
    seconds_ += training_seconds(*history);
    train::Accuracy accuracy;
    train::evaluate(net, test_loader, {.metrics = {&accuracy}});
    return accuracy.value();
  }

  double seconds() const { return seconds_; }

 private:
  std::unique_ptr<optim::Optimizer> optimizer_for(const models::ResNet& net, Method method) const {
    if (method == Method::kDiscriminative) {
      return finetune::discriminative_adamw(
          finetune::layer_groups(net,
                                 {"conv1.*|bn1.*|layer1.*", "layer2.*", "layer3.*", "linear.*"}),
          {.lr = 3 * options_.lr});
    }
    if (method == Method::kHead) {
      return std::make_unique<optim::AdamW>(net.linear.parameters(),
                                            optim::AdamWOptions{.lr = 10 * options_.lr});
    }
    return std::make_unique<optim::AdamW>(net.parameters(), optim::AdamWOptions{.lr = options_.lr});
  }

  Examples clothes_;
  data::TensorDataset test_set_;
  layers::StateDict trained_;
  const ExperimentOptions& options_;
  double seconds_ = 0;
};

absl::StatusOr<layers::StateDict> load_trained(const CommonOptions& options) {
  const auto folder = data_folder(options, "cifar10_resnet");
  if (!folder.ok()) return folder.status();
  const auto file = read_safetensors(*folder + "/resnet20.safetensors");
  if (!file.ok()) return file.status();
  return file->tensors;
}

absl::Status compare(ExperimentOptions& options) {
  std::vector<Budget> budgets = {{20, 30}, {100, 10}, {1000, 3}};
  Taken taken{.test = 2'000};
  if (options.quick) {
    budgets = {{10, 3}};
    options.seeds = 1;
    taken = {.train = 1'000, .test = 200};
  }
  const auto trained = load_trained(options);
  if (!trained.ok()) return trained.status();
  const auto clothes = load_fashion_mnist_problem(options, taken);
  if (!clothes.ok()) return clothes.status();
  Transfer transfer(clothes->train, clothes->test, *trained, options);

  std::vector<std::string> names = {"method"};
  for (const Budget& b : budgets) names.push_back(std::to_string(b.per_class) + " per class, %");
  Table table(names);
  train::Panel panel{.title = "Fashion-MNIST",
                     .x_label = "images per class",
                     .y_label = "test accuracy",
                     .log_x = true};
  ResultLine result("intro:transfer", options);
  for (const NamedMethod& named : methods()) {
    std::vector<std::string> row = {named.name};
    train::Series series{.label = named.name};
    for (const Budget& budget : budgets) {
      std::vector<double> accuracies;
      for (std::int64_t i = 0; i < options.seeds; ++i) {
        const auto accuracy =
            transfer.learn(named.method, budget, options.seed + static_cast<std::uint64_t>(i));
        if (!accuracy.ok()) return accuracy.status();
        accuracies.push_back(*accuracy);
      }
      const Spread accuracy = spread(accuracies);
      row.push_back(percent(accuracy));
      series.x.push_back(static_cast<double>(budget.per_class));
      series.y.push_back(accuracy.mean);
      if (!options.quiet) {
        std::printf("%-26s %4lld per class: %s %%\n", named.name.c_str(),
                    static_cast<long long>(budget.per_class), percent(accuracy).c_str());
        std::fflush(stdout);
      }
    }
    if (named.method == Method::kScratch) result.add("scratch_accuracy", series.y.back());
    if (named.method == Method::kEverything) result.add("test_accuracy", series.y.back());
    table.add_row(row);
    panel.series.push_back(series);
  }
  if (!options.quiet) std::printf("\n%s\n", table.to_text().c_str());
  absl::Status status = table.write(options.output("table"));
  if (status.ok()) {
    status = draw({panel}, options.output("transfer"),
                  {.title = "a ResNet-20 that knows CIFAR-10", .panel_width = 640}, 1);
  }
  if (!status.ok()) return status;
  result.add("seconds", transfer.seconds());
  result.print();
  return absl::OkStatus();
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{
      {.epochs = 0, .batch_size = 32, .lr = 1e-3}, /*quick=*/false, /*seeds=*/5};
  Flags flags("transfer", "A ResNet-20 trained on CIFAR-10 learns Fashion-MNIST from few images.");
  add(flags, options);
  return flags.run(argc, argv, [&] { return compare(options); });
}
