// A whole process as short as training gets: start, build an MLP, take ten steps, exit. Timed from
// outside, it shows what loading the libraries and building the first kernels costs.
//
//   ./bazelw build //benchmarks:cold_start && time bazel-bin/benchmarks/cold_start
#include "benchmarks/workloads.h"

int main() {
  const auto step = tenon::benchmarks::workloads().front().prepare({});
  for (int i = 0; i < 10; ++i) step();
}
