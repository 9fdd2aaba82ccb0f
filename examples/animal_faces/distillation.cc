// A small network that learns from a large one's doubts instead of from labels alone.
//
//   ./bazelw run //examples/animal_faces:distillation
#include "regularize/distillation.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/report.h"
#include "examples/animal_faces/trial.h"
#include "models/lenet.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

Net student() { return leaky_net({16}); }

/// A teacher, and how it is trained itself.
struct Teacher {
  std::string name;
  Net net;
  int epochs = 0;
  double lr = 0;
};

std::vector<Teacher> make_teachers(const ExperimentOptions& options) {
  std::vector<Teacher> teachers;
  teachers.push_back({"teacher, MLP", big_animal_net(), options.epochs, options.lr});
  teachers.push_back({"teacher, LeNet",
                      std::make_unique<models::LeNet>(models::LeNetOptions{.classes = 3}),
                      2 * options.epochs, 4 * options.lr});
  return teachers;
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

struct Row {
  std::string name;
  int teacher = 0;  // which of make_teachers(); -1 for none
  regularize::DistillationOptions options = {};
};

const std::vector<Row>& student_rows() {
  static const std::vector<Row> kRows = {
      {"student alone", -1},
      {"MLP's student, T=40, alpha=1", 0, {.temperature = 40, .alpha = 1}},
      {"MLP's student, T=4, alpha=0.9", 0, {.temperature = 4, .alpha = 0.9}},
      {"LeNet's student, T=40, alpha=1", 1, {.temperature = 40, .alpha = 1}},
      {"LeNet's student, T=4, alpha=1", 1, {.temperature = 4, .alpha = 1}},
      {"LeNet's student, T=4, alpha=0.5", 1, {.temperature = 4, .alpha = 0.5}},
      {"LeNet's student, T=1, alpha=1", 1, {.temperature = 1, .alpha = 1}},
  };
  return kRows;
}

/// One row of the table, over the seeds.
struct Result {
  std::string name;
  std::int64_t parameters = 0;
  Tally tally = {};
};

double test_accuracy(const std::vector<Result>& results, const std::string& name) {
  const auto row = std::find_if(results.begin(), results.end(),
                                [&](const Result& result) { return result.name == name; });
  return mean(row->tally.test);
}

absl::Status run_seed(const Animals& animals, const ExperimentOptions& options, std::uint64_t seed,
                      Report& report, std::vector<Result>& results) {
  const auto parts = deal(animals, {.train = options.quick ? 500 : 4000, .validation = 500}, seed);
  if (!parts.ok()) return parts.status();
  std::size_t next = 0;
  const auto run = [&](const std::string& name, layers::Module& net, int epochs, double lr,
                       train::Forward forward) {
    TrialOptions taught = training(options, seed);
    taught.epochs = epochs;
    taught.sgd.lr = lr;
    taught.forward = std::move(forward);
    const auto trial = run_trial(net, *parts, taught);
    if (!trial.ok()) return trial.status();
    report.add_trial(name, *trial);
    report.say("seed " + std::to_string(seed) + ": " + name + " " + percent(trial->test_accuracy) +
               " %");
    if (results.size() == next) results.push_back({name, net.num_parameters()});
    results[next++].tally.add(*trial);
    return absl::OkStatus();
  };
  manual_seed(seed);
  std::vector<Tensor> logits;
  for (const Teacher& teacher : make_teachers(options)) {
    const absl::Status status = run(teacher.name, *teacher.net, teacher.epochs, teacher.lr, {});
    if (!status.ok()) return status;
    logits.push_back(lessons(*teacher.net, parts->train));
  }
  for (const Row& row : student_rows()) {
    manual_seed(seed);  // all students begin alike
    const Net net = student();
    const absl::Status status = run(
        row.name, *net, options.epochs, options.lr,
        row.teacher < 0 ? train::Forward()
                        : learn_from(logits[static_cast<std::size_t>(row.teacher)], row.options));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status distill_all(const ExperimentOptions& options) {
  const auto animals = load_animals(options);
  if (!animals.ok()) return animals.status();
  Report report("distillation", options, *animals,
                {"network", "parameters", "train %", "validation %", "test %"});
  std::vector<Result> results;
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.seed + static_cast<std::uint64_t>(s);
    const absl::Status status = run_seed(*animals, options, seed, report, results);
    if (!status.ok()) return status;
  }
  for (const Result& result : results) {
    report.add_judged_row({result.name, std::to_string(result.parameters)}, result.tally);
  }
  return report.finish("Distillation",
                       {{"alone", test_accuracy(results, student_rows()[0].name)},
                        {"test_accuracy", test_accuracy(results, student_rows()[1].name)}});
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  ExperimentOptions options{{.epochs = 20, .batch_size = 128, .lr = 5e-3}, false, 5};
  Flags flags("distillation", "Trains a small network alone and as the student of larger ones.");
  add(flags, options);
  return flags.run(argc, argv, [&] {
    if (options.quick) shorten(options, 4);
    return distill_all(options);
  });
}
