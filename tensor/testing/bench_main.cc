#include <benchmark/benchmark.h>

#include <cstdio>

#include "tensor/build_info.h"

int main(int argc, char** argv) {
  const tenon::BuildInfo info = tenon::build_info();
  std::fprintf(stderr, "%s\n", to_string(info).c_str());
  if (!info.optimized) {
    std::fprintf(stderr, "***WARNING*** Tenon was built without optimization: use -c opt.\n");
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
