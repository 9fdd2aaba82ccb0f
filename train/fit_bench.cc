// What fit() costs over the loop that one would write by hand: the same steps of a small network
// (784-128-10, batches of 64, about 150 us a step), bare, in fit(), and in fit() with an accuracy
// and a progress bar.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <fstream>

#include "data/data_loader.h"
#include "data/tensor_dataset.h"
#include "layers/activation.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "layers/sequential.h"
#include "optim/adam.h"
#include "tensor/random.h"
#include "train/fit.h"
#include "train/progress_bar.h"

namespace tenon::train {
namespace {

constexpr std::int64_t kExamples = 6400;
constexpr std::int64_t kBatch = 64;

struct Problem {
  Problem() {
    net.add<layers::Linear>({.in_features = 784, .out_features = 128});
    net.add<layers::ReLU>();
    net.add<layers::Linear>({.in_features = 128, .out_features = 10});
  }

  Generator generator{1};
  data::TensorDataset set{rand({kExamples, 784}, generator),
                          randint(0, 10, {kExamples}, generator)};
  data::DataLoader loader{set, {.batch_size = kBatch, .shuffle = true}};
  layers::Sequential net;
};

void report(benchmark::State& state) {
  state.counters["steps/s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * kExamples / kBatch), benchmark::Counter::kIsRate);
}

void bare_loop(benchmark::State& state) {
  Problem p;
  optim::Adam optimizer(p.net.parameters());
  for (auto _ : state) {
    for (const data::Batch& batch : p.loader) {
      const auto loss = layers::cross_entropy(p.net(batch.inputs), batch.targets);
      optimizer.zero_grad();
      loss.backward();
      optimizer.step();
    }
  }
  report(state);
}
BENCHMARK(bare_loop)->Unit(benchmark::kMillisecond)->UseRealTime();

void fit_loop(benchmark::State& state) {
  Problem p;
  optim::Adam optimizer(p.net.parameters());
  for (auto _ : state) {
    if (!fit(p.net, p.loader, optimizer).ok()) state.SkipWithError("fit failed");
  }
  report(state);
}
BENCHMARK(fit_loop)->Unit(benchmark::kMillisecond)->UseRealTime();

void fit_with_accuracy_and_bar(benchmark::State& state) {
  Problem p;
  optim::Adam optimizer(p.net.parameters());
  std::ofstream nowhere("/dev/null");
  Accuracy accuracy;
  ProgressBar bar({.style = ProgressStyle::kBar, .out = &nowhere});
  for (auto _ : state) {
    if (!fit(p.net, p.loader, optimizer, {.metrics = {&accuracy}, .callbacks = {&bar}}).ok()) {
      state.SkipWithError("fit failed");
    }
  }
  report(state);
}
BENCHMARK(fit_with_accuracy_and_bar)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tenon::train
