// Covertype at its full size, 581,012 rows of text, made of the real rows repeated. Needs the data
// folder (data/data_dir.h). covertype_pandas.py beside it measures pandas on the same file.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "data/covertype/covertype.h"
#include "data/csv/csv.h"
#include "data/data_dir.h"
#include "data/gzip.h"
#include "tensor/build_info.h"
#include "tensor/io/atomic_file.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kRows = 581'012;

// Writes the file where it is not there yet.
absl::StatusOr<std::string> full_size_file() {
  const char* folder = std::getenv("TMPDIR");
  const std::string path = std::string(folder ? folder : "/tmp") + "/covtype_full_size.data";
  if (GzipReader::open(path).ok()) return path;
  const auto data = data_dir();
  if (!data.ok()) return data.status();
  const auto real = read_maybe_gzipped(*data + "/covertype/covtype.data.gz", std::size_t{1} << 30);
  if (!real.ok()) return real.status();
  std::string text;
  std::size_t begin = 0;
  for (std::int64_t row = 0; row < kRows; ++row) {
    const std::size_t end = real->find('\n', begin) + 1;
    text.append(*real, begin, end - begin);
    begin = end == real->size() ? 0 : end;
  }
  if (auto status = write_file(path, text); !status.ok()) return status;
  return path;
}

void BM_LoadCovertype(benchmark::State& state) {
  const auto path = full_size_file();
  if (!path.ok()) return state.SkipWithError(path.status().ToString().c_str());
  const auto bytes = GzipReader::open(*path)->max_bytes();
  const int threads = num_threads();
  if (state.range(0) != 0) set_num_threads(static_cast<int>(state.range(0)));
  for (auto _ : state) {
    const auto rows = load_covertype(*path);
    if (!rows.ok()) return state.SkipWithError(rows.status().ToString().c_str());
    benchmark::DoNotOptimize(rows->labels.raw_data());
  }
  set_num_threads(threads);
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
BENCHMARK(BM_LoadCovertype)
    ->ArgName("threads")
    ->Arg(1)
    ->Arg(0)
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

void BM_LoadCovertypeGz(benchmark::State& state) {
  const auto data = data_dir();
  if (!data.ok()) return state.SkipWithError(data.status().ToString().c_str());
  constexpr std::int64_t kUnpacked = 13'660'337;
  for (auto _ : state) {
    const auto rows = load_covertype(*data + "/covertype/covtype.data.gz");
    if (!rows.ok()) return state.SkipWithError(rows.status().ToString().c_str());
  }
  state.SetBytesProcessed(kUnpacked * state.iterations());
}
BENCHMARK(BM_LoadCovertypeGz)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace tenon::data
