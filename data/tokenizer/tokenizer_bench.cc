// Encoding WikiText-2 with GPT-2's vocabulary on one core. Needs the data folder (data/data_dir.h).
// tokenizer_peer.py beside it measures Hugging Face's tokenizers on the same text.
#include <benchmark/benchmark.h>

#include <string>

#include "data/data_dir.h"
#include "data/tokenizer/load.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

void BM_Load(benchmark::State& state) {
  const auto folder = data_dir();
  if (!folder.ok()) return state.SkipWithError(folder.status().ToString().c_str());
  for (auto _ : state) {
    const auto tokenizer = load_tokenizer(*folder + "/gpt2_tokenizer");
    if (!tokenizer.ok()) return state.SkipWithError(tokenizer.status().ToString().c_str());
  }
}
BENCHMARK(BM_Load)->Unit(benchmark::kMillisecond);

struct Inputs {
  absl::Status status;
  std::string folder;
  std::string text;
};

Inputs inputs() {
  const auto folder = data_dir();
  if (!folder.ok()) return {folder.status(), "", ""};
  const auto text = read_file(*folder + "/wikitext2/wiki.test.tokens");
  if (!text.ok()) return {text.status(), "", ""};
  return {absl::OkStatus(), *folder, *text};
}

void encode(benchmark::State& state, const absl::StatusOr<Tokenizer>& tokenizer,
            const std::string& text) {
  if (!tokenizer.ok()) return state.SkipWithError(tokenizer.status().ToString().c_str());
  std::size_t tokens = 0;
  for (auto _ : state) {
    const auto ids = tokenizer->encode(text);
    tokens = ids.size();
    benchmark::DoNotOptimize(ids.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(text.size()) * state.iterations());
  state.counters["tokens"] = static_cast<double>(tokens);
}

void BM_EncodeGpt2(benchmark::State& state) {
  const Inputs in = inputs();
  if (!in.status.ok()) return state.SkipWithError(in.status.ToString().c_str());
  encode(state, load_tokenizer(in.folder + "/gpt2_tokenizer"), in.text);
}
BENCHMARK(BM_EncodeGpt2)->Unit(benchmark::kMillisecond);

// The first time: no word was seen before.
void BM_EncodeGpt2Cold(benchmark::State& state) {
  const Inputs in = inputs();
  if (!in.status.ok()) return state.SkipWithError(in.status.ToString().c_str());
  for (auto _ : state) {
    state.PauseTiming();
    auto tokenizer = load_tokenizer(in.folder + "/gpt2_tokenizer");
    state.ResumeTiming();
    benchmark::DoNotOptimize(tokenizer->encode(in.text).data());
    state.PauseTiming();
    tokenizer = absl::UnknownError("gone");
    state.ResumeTiming();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(in.text.size()) * state.iterations());
}
BENCHMARK(BM_EncodeGpt2Cold)->Unit(benchmark::kMillisecond);

void BM_EncodeLlama2c(benchmark::State& state) {
  const Inputs in = inputs();
  if (!in.status.ok()) return state.SkipWithError(in.status.ToString().c_str());
  encode(state, load_llama2c_tokenizer(in.folder + "/stories260k/tok512.bin"), in.text);
}
BENCHMARK(BM_EncodeLlama2c)->Unit(benchmark::kMillisecond);

void BM_DecodeGpt2(benchmark::State& state) {
  const Inputs in = inputs();
  if (!in.status.ok()) return state.SkipWithError(in.status.ToString().c_str());
  const auto tokenizer = load_tokenizer(in.folder + "/gpt2_tokenizer");
  if (!tokenizer.ok()) return state.SkipWithError(tokenizer.status().ToString().c_str());
  const auto ids = tokenizer->encode(in.text);
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer->decode(ids).data());
  state.SetBytesProcessed(static_cast<std::int64_t>(in.text.size()) * state.iterations());
}
BENCHMARK(BM_DecodeGpt2)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tenon::data
