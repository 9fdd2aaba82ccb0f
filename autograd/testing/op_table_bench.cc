// Time of each operation in f32, forward and with backward, over the largest sample of its row.
#include <algorithm>
#include <string>

#include "autograd/testing/op_table.h"
#include "benchmark/benchmark.h"

namespace tenon::autograd::testing {
namespace {

std::int64_t elements(const Sample& sample) {
  std::int64_t count = 0;
  for (const Tensor& input : sample.inputs) count += input.numel();
  return count;
}

const Sample& largest(const OpRow& row) {
  return *std::max_element(
      row.samples.begin(), row.samples.end(),
      [](const Sample& a, const Sample& b) { return elements(a) < elements(b); });
}

void run(benchmark::State& state, const OpRow& row, bool backward) {
  const Sample& sample = largest(row);
  std::vector<Variable> inputs;
  for (const Tensor& input : sample.inputs) inputs.emplace_back(input.to(DType::kF32), backward);
  const Tensor seed = ones_like(sample.call(inputs).value());
  for (auto _ : state) {
    const Variable result = sample.call(inputs);
    benchmark::DoNotOptimize(result.value().raw_data());
    if (!backward || !result.requires_grad()) continue;
    result.backward(seed);
    for (const Variable& input : inputs) input.zero_grad();
  }
  state.SetItemsProcessed(state.iterations() * elements(sample));
}

void register_all() {
  for (const OpRow& row : op_table()) {
    for (const bool backward : {false, true}) {
      const std::string name = row.name + (backward ? "/backward" : "/forward");
      benchmark::RegisterBenchmark(
          name.c_str(), [&row, backward](benchmark::State& state) { run(state, row, backward); });
    }
  }
}

}  // namespace
}  // namespace tenon::autograd::testing

int main(int argc, char** argv) {
  tenon::autograd::testing::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
