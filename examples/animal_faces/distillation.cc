// A small network that learns from a large one's doubts instead of from labels alone.
//
//   ./bazelw run //examples/animal_faces:distillation
#include "regularize/distillation.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "autograd/variable.h"
#include "data/image/compose.h"
#include "data/image/random_geometry.h"
#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "layers/layers.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

using Transform = std::function<void(data::Batch&, const data::BatchKey&)>;

Net student() { return leaky_net({16}); }

// Three convolutions with batch normalization and pooling: it knows more of pictures than any
// perceptron.
Net convolutional_net() {
  auto net = std::make_unique<layers::Sequential>();
  std::int64_t channels = 3;
  for (const std::int64_t width : {32, 64, 128}) {
    net->add<layers::Conv2d>(
        {.in_channels = channels, .out_channels = width, .kernel = 3, .padding = 1, .bias = false});
    net->add<layers::BatchNorm2d>({.features = width});
    net->add<layers::ReLU>();
    net->add<layers::MaxPool2d>({.kernel = 2});
    channels = width;
  }
  net->add<layers::Flatten>();
  net->add<layers::Linear>({.in_features = 128 * 4 * 4, .out_features = 3});
  return net;
}

// Mirrored and shifted, each time they are seen in another way.
Transform moved() {
  return data::on_inputs(data::Compose(
      {data::RandomHorizontalFlip{},
       data::RandomCrop{
           .height = 32, .width = 32, .padding = 4, .border = data::Border::kReflect}}));
}

// The teacher's logits for all training pictures, computed once: an epoch of the student then costs
// what it costs without a teacher.
Tensor lessons(layers::Module& teacher, const Examples& examples) {
  const regularize::Teacher answer = regularize::teacher_of(teacher);
  std::vector<Tensor> logits;
  for (std::int64_t first = 0; first < examples.size(); first += 500) {
    const std::int64_t end = std::min(first + 500, examples.size());
    logits.push_back(answer(examples.inputs.slice(0, first, end)));
  }
  return cat(logits);
}

train::Forward learn_from(const Tensor& logits, const regularize::DistillationOptions& options) {
  return [=](layers::Module& net, const data::Batch& batch) -> train::ForwardResult {
    const autograd::Variable output = net(batch.inputs);
    const Tensor teacher = index_select(logits, 0, batch.indices).to(batch.inputs.device());
    return {output, regularize::distillation_loss(output, teacher, batch.targets, options)};
  };
}

enum : int { kMlp, kConvolutional, kAlone, kAloneMoved };

/// A network of the table, and how it learns.
struct Row {
  std::string name;
  std::function<Net()> network = student;
  int teacher = -1;     // an earlier row; -1 for the labels alone
  int beside = kAlone;  // with a teacher: the same network without, an earlier row
  regularize::DistillationOptions options = {};
  Transform transform = {};
  double lr_factor = 1;
};

// Pictures that are never the same twice have to be answered one by one.
train::Forward lessons_of(layers::Module& teacher, const Row& row, const Parts& parts,
                          Device device) {
  teacher.to(row.transform ? device : kCpu);
  if (!row.transform) return learn_from(lessons(teacher, parts.train), row.options);
  return regularize::distill(regularize::teacher_of(teacher), row.options);
}

std::vector<Row> all_rows() {
  const regularize::DistillationOptions hot{.temperature = 40, .alpha = 1};
  const regularize::DistillationOptions warm{.temperature = 4, .alpha = 0.9};
  return {
      {.name = "teacher, MLP", .network = big_animal_net},
      {.name = "teacher, convolutional",
       .network = convolutional_net,
       .transform = moved(),
       .lr_factor = 4},
      {.name = "student alone"},
      {.name = "student alone, moved pictures", .transform = moved()},
      {.name = "MLP's student, T=40, alpha=1", .teacher = kMlp, .options = hot},
      {.name = "MLP's student, T=4, alpha=0.9", .teacher = kMlp, .options = warm},
      {.name = "convolutional's student, T=40, alpha=1", .teacher = kConvolutional, .options = hot},
      {.name = "convolutional's student, T=4, alpha=0.9",
       .teacher = kConvolutional,
       .options = warm},
      {.name = "convolutional's student, T=40, alpha=1, moved pictures",
       .teacher = kConvolutional,
       .beside = kAloneMoved,
       .options = hot,
       .transform = moved()},
  };
}

/// What a row's networks came to, over the seeds.
struct Result {
  std::int64_t parameters = 0;
  Tally tally = {};
};

absl::Status run_seed(const Animals& animals, const std::vector<Row>& rows,
                      const ExperimentOptions& options, std::uint64_t seed, Report& report,
                      std::vector<Result>& results) {
  const auto parts = deal(animals, {.train = options.quick ? 300 : 4000, .validation = 500}, seed);
  if (!parts.ok()) return parts.status();
  std::vector<Net> nets;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    manual_seed(seed);  // all students begin alike
    nets.push_back(row.network());
    TrialOptions learning = training(options, seed);
    learning.sgd.lr *= row.lr_factor;
    learning.transform = row.transform;
    if (row.teacher >= 0) {
      learning.forward =
          lessons_of(*nets[static_cast<std::size_t>(row.teacher)], row, *parts, options.device);
    }
    const auto trial = run_trial(*nets.back(), *parts, learning);
    if (!trial.ok()) return trial.status();
    report.add_trial(row.name, *trial);
    report.say("seed " + std::to_string(seed) + ": " + row.name + " " +
               percent(trial->test_accuracy) + " %");
    results[i].parameters = nets.back()->num_parameters();
    results[i].tally.add(*trial);
  }
  return absl::OkStatus();
}

// How far ahead of the same network without a teacher, seed by seed: pictures and first weights are
// the same.
std::string ahead(const Row& row, const Result& result, const std::vector<Result>& results) {
  if (row.teacher < 0) return "-";
  std::vector<double> differences = result.tally.test;
  const Tally& alone = results[static_cast<std::size_t>(row.beside)].tally;
  for (std::size_t s = 0; s < differences.size(); ++s) differences[s] -= alone.test[s];
  return cell(differences);
}

absl::Status distill_all(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report(
      "distillation", options, *animals,
      {"network", "parameters", "ahead of alone by", "train %", "validation %", "test %"});
  const std::vector<Row> rows = all_rows();
  std::vector<Result> results(rows.size());
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(s);
    const absl::Status status = run_seed(*animals, rows, options, seed, report, results);
    if (!status.ok()) return status;
  }
  // The way to teach is chosen by the validation pictures; the test pictures choose nothing.
  std::size_t chosen = kAlone;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Tally& tally = results[i].tally;
    report.add_judged_row(
        {rows[i].name, std::to_string(results[i].parameters), ahead(rows[i], results[i], results)},
        tally);
    if (rows[i].teacher >= 0 && mean(tally.validation) > mean(results[chosen].tally.validation)) {
      chosen = i;
    }
  }
  report.say("best on the validation pictures: " + rows[chosen].name);
  return report.finish("Distillation", {{"alone", mean(results[kAlone].tally.test)},
                                        {"test_accuracy", mean(results[chosen].tally.test)}});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("distillation", "Trains a small network alone and as the student of larger ones.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 2);
    return distill_all(options);
  });
}
