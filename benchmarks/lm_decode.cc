// Batch-1 decoding of a model of OPT-125M's size: tokens/s, and the bytes of weights that a token
// reads per second, beside the rate at which this machine reads memory. And the way from a folder
// to first logits.

#include <filesystem>
#include <memory>
#include <string>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "finetune/quantize.h"
#include "models/lm/folder.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/bench_util.h"

namespace tenon::models {
namespace {

constexpr std::int64_t kPositions = 64;

std::unique_ptr<CausalLm> model_125m() {
  manual_seed(1);
  auto model = make_causal_lm({});
  model->eval();
  return model;
}

/// Weights and tables that are multiplied for each token.
double weight_bytes(CausalLm& model) {
  double bytes = 0;
  for (const auto& [name, tensor] : model.state_dict()) {
    const bool table = name.find("embed") != std::string::npos;
    if (!table) bytes += static_cast<double>(tensor.bytes());
  }
  return bytes;
}

/// Bytes per second of a sum over 512 MiB, with all threads.
double read_rate() {
  static const double rate = [] {
    const Tensor x = ones({std::int64_t{1} << 27});
    const double seconds =
        testing::fastest_seconds(5, [&] { benchmark::DoNotOptimize(sum(x).item<double>()); });
    return static_cast<double>(x.bytes()) / seconds;
  }();
  return rate;
}

void decode(benchmark::State& state, CausalLm& model, bool bf16) {
  const autograd::NoGrad guard;
  std::unique_ptr<autograd::Autocast> scope;
  if (bf16) scope = std::make_unique<autograd::Autocast>(DType::kBF16);
  const Tensor token = full({1, 1}, 7, {.dtype = DType::kI64});
  KvCache cache(model.config(), kPositions + 1);
  const double bytes = weight_bytes(model);
  for (auto _ : state) {
    if (cache.length() == kPositions) cache.clear();
    benchmark::DoNotOptimize(model.logits(token, {.cache = &cache}));
  }
  const auto tokens = static_cast<double>(state.iterations());
  state.counters["tokens/s"] = benchmark::Counter(tokens, benchmark::Counter::kIsRate);
  state.counters["bytes/s"] = benchmark::Counter(tokens * bytes, benchmark::Counter::kIsRate);
  state.counters["memory_bytes/s"] = read_rate();
}

void BM_DecodeF32(benchmark::State& state) {
  const auto model = model_125m();
  decode(state, *model, false);
}

void BM_DecodeBF16(benchmark::State& state) {
  const auto model = model_125m();
  model->to(DType::kBF16);
  decode(state, *model, false);
}

/// Linear layers in NF4, the head in bf16.
void BM_DecodeNf4(benchmark::State& state) {
  const auto model = model_125m();
  finetune::quantize_linears(*model);
  const auto& table = model->embedding().weight();
  table.set_value(table.value().to(DType::kBF16));
  decode(state, *model, true);
}

/// A folder of 250 MB in bf16, read when it is in the system's cache.
void BM_LoadToFirstLogits(benchmark::State& state) {
  const std::string folder = std::filesystem::temp_directory_path() / "tenon_lm_decode";
  {
    const auto model = model_125m();
    model->to(DType::kBF16);
    if (!save_causal_lm(folder, *model).ok()) return state.SkipWithError("no folder to write to");
  }
  const Tensor tokens = full({1, 8}, 7, {.dtype = DType::kI64});
  for (auto _ : state) {
    const autograd::NoGrad guard;
    auto model = load_causal_lm(folder);
    if (!model.ok()) return state.SkipWithError("the folder cannot be read");
    benchmark::DoNotOptimize((*model)->logits(tokens));
  }
  std::filesystem::remove_all(folder);
}

BENCHMARK(BM_DecodeF32)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DecodeBF16)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_DecodeNf4)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(BM_LoadToFirstLogits)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon::models
