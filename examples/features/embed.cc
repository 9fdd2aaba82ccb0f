// What a trained network sees: digits as pixels and as the features before its last layer, brought
// to a plane by principal components and by t-SNE.
//
//   ./bazelw run //examples/features:embed
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/data_loader.h"
#include "embed/pca.h"
#include "embed/tsne.h"
#include "examples/common/experiment.h"
#include "examples/common/image_problem.h"
#include "examples/common/picture.h"
#include "examples/common/result_line.h"
#include "examples/common/table.h"
#include "models/features.h"
#include "models/small_cnn.h"
#include "optim/adam.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/train.h"

namespace tenon::examples {
namespace {

constexpr std::int64_t kNeighbors = 10;
// The activations of so many images, 25 MB, stay in a processor's cache.
constexpr std::int64_t kSeenAtOnce = 100;
// The 1,438 digits are seen as many times for each time that the 60,000 of MNIST are.
constexpr int kEpochsOfDigits = 10, kQuickEpochsOfDigits = 4;

// What a trained network computes of images before its last layer.
struct Learned {
  Tensor features;
  double seconds = 0;  // of training
};

// Trains the small convolutional network.
absl::StatusOr<Learned> features_of(const ImageProblem& problem, const Tensor& images, int epochs,
                                    const ExperimentOptions& options) {
  manual_seed(options.seed);
  models::SmallCnn net({.image = static_cast<int>(images.size(2))});
  net.to(options.device);
  optim::Adam optimizer(net.parameters(), {.lr = options.lr});
  const data::TensorDataset train_set = dataset(problem.train), test_set = dataset(problem.test);
  data::DataLoader train_loader(
      train_set, {.batch_size = options.batch_size, .shuffle = true, .seed = options.seed});
  data::DataLoader test_loader(test_set, {.batch_size = kSeenAtOnce});
  train::Accuracy accuracy;
  train::ProgressBar bar(
      {.style = options.quiet ? train::ProgressStyle::kSilent : train::ProgressStyle::kAuto});
  const auto history = train::fit(
      net, train_loader, optimizer,
      {.epochs = epochs, .metrics = {&accuracy}, .validation = &test_loader, .callbacks = {&bar}});
  if (!history.ok()) return history.status();
  const autograd::NoGrad no_grad;
  net.eval();
  models::Features features(net, {"fc1"});
  std::vector<Tensor> parts;
  for (const Tensor& part : images.split(kSeenAtOnce))
    parts.push_back(features(part.to(options.device))[0].value().to(kCpu));
  return Learned{.features = cat(parts), .seconds = training_seconds(*history)};
}

// The part of the points whose kNeighbors nearest others mostly have their label.
double neighbor_accuracy(const Tensor& plane, const Tensor& labels) {
  const std::int64_t n = plane.size(0);
  const Tensor votes = one_hot(labels, 10);
  std::int64_t right = 0;
  for (std::int64_t begin = 0; begin < n; begin += 250) {
    const Tensor part = plane.slice(0, begin, begin + 250);
    const Tensor distances = sum(square(part.unsqueeze(1) - plane), {2});
    const Tensor nearest = topk(distances, kNeighbors + 1, 1, /*largest=*/false).indices;
    const Tensor others = nearest.slice(1, 1).contiguous().flatten();
    const Tensor counts =
        sum(index_select(votes, 0, others).reshape({part.size(0), kNeighbors, 10}), {1});
    right += sum(eq(argmax(counts, 1), labels.slice(0, begin, begin + 250))).item<std::int64_t>();
  }
  return static_cast<double>(right) / static_cast<double>(n);
}

// Points of a plane, a cloud for each class.
train::Panel cloud(const std::string& title, const Tensor& plane,
                   const std::vector<std::int64_t>& labels) {
  train::Panel panel{.title = title};
  for (int label = 0; label < 10; ++label) {
    panel.series.push_back({.label = std::to_string(label), .style = train::SeriesStyle::kPoints});
  }
  const std::vector<float> points = plane.to_vector<float>();
  for (std::size_t i = 0; i < labels.size(); ++i) {
    train::Series& series = panel.series[static_cast<std::size_t>(labels[i])];
    series.x.push_back(points[2 * i]);
    series.y.push_back(points[2 * i + 1]);
  }
  return panel;
}

class Experiment {
 public:
  explicit Experiment(const ExperimentOptions& options) : options_(options) {}

  // A data set's own network, two inputs and two methods: a picture of four panels.
  absl::Status look_at(const std::string& name, const ImageProblem& problem, std::int64_t count,
                       int epochs) {
    const Examples shown = head(problem.test, count);
    const auto learned = features_of(problem, shown.inputs, epochs, options_);
    if (!learned.ok()) return learned.status();
    seconds_ += learned->seconds;
    panels_.clear();
    embed(name, "pixels", shown.inputs.flatten(1), shown.labels);
    embed(name, "features", learned->features, shown.labels);
    return draw(panels_, options_.output(name), {.title = name, .panel_height = 440});
  }

  absl::Status report() {
    if (!options_.quiet) std::printf("\n%s\n", table_.to_text().c_str());
    if (absl::Status status = table_.write(options_.output("table")); !status.ok()) return status;
    ResultLine result("features:embed", options_);
    result.add("pca_accuracy", worst_pca_);
    result.add("tsne_accuracy", worst_tsne_);
    result.add("seconds", seconds_);
    result.print();
    return absl::OkStatus();
  }

 private:
  void embed(const std::string& name, const std::string& input, const Tensor& x,
             const Tensor& labels) {
    const auto start = std::chrono::steady_clock::now();
    const std::int64_t most = std::min({x.size(0), x.size(1), std::int64_t{50}});
    const embed::Pca pca = embed::fit_pca(x, most);
    const Tensor reduced = pca.project(x);
    const double kept = sum(pca.share.slice(0, 0, 2)).item<double>();
    add(name, input, "PCA, " + percent(kept, 0) + " % of the variance",
        reduced.slice(1, 0, 2).contiguous(), labels, start, worst_pca_);
    const auto begun = std::chrono::steady_clock::now();
    const embed::Tsne map = embed::tsne(reduced, {.iterations = options_.quick ? 250 : 1000});
    add(name, input, "t-SNE, divergence " + fixed(map.divergence, 3), map.points, labels, begun,
        worst_tsne_);
  }

  void add(const std::string& name, const std::string& input, const std::string& method,
           const Tensor& plane, const Tensor& labels, std::chrono::steady_clock::time_point start,
           double& worst) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    const double accuracy = neighbor_accuracy(plane, labels);
    if (input == "features") worst = std::min(worst, accuracy);
    table_.add_row({name, input, method, percent(accuracy), fixed(seconds.count(), 1)});
    panels_.push_back(cloud(input + ": " + method, plane, labels.to_vector<std::int64_t>()));
    if (!options_.quiet) {
      std::printf("%-7s %-9s %-32s %s %%\n", name.c_str(), input.c_str(), method.c_str(),
                  percent(accuracy).c_str());
      std::fflush(stdout);
    }
  }

  const ExperimentOptions& options_;
  Table table_{{"data", "input", "method", "10 neighbours agree %", "seconds"}};
  std::vector<train::Panel> panels_;
  double worst_pca_ = 1, worst_tsne_ = 1;
  double seconds_ = 0;  // of training
};

absl::Status look(ExperimentOptions& options, std::int64_t points) {
  Taken taken;
  if (options.quick) {
    options.epochs = 1;
    points = 300;
    taken = {.train = 1'500, .test = 500};
  }
  const auto digits = load_digits_problem(options);
  if (!digits.ok()) return digits.status();
  const auto mnist = load_mnist_problem(options, taken);
  if (!mnist.ok()) return mnist.status();
  Experiment experiment(options);
  const int epochs_of_digits =
      options.quick ? kQuickEpochsOfDigits : kEpochsOfDigits * options.epochs;
  absl::Status status = experiment.look_at("digits", *digits, points, epochs_of_digits);
  if (status.ok()) status = experiment.look_at("mnist", *mnist, points, options.epochs);
  return status.ok() ? experiment.report() : status;
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 3, .batch_size = 64, .lr = 1e-3}};
  std::int64_t points = 5'000;
  Flags flags("embed", "Digits in a plane: pixels and a network's features, by PCA and t-SNE.");
  add(flags, options);
  flags.add_count("points", points, "test images drawn of each data set, at most");
  return flags.run(argc, argv, [&] { return look(options, points); });
}
