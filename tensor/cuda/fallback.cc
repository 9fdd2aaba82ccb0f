#include "tensor/cuda/fallback.h"

#include <algorithm>
#include <cstdio>
#include <mutex>

namespace tenon {
namespace {

struct Reported {
  std::mutex mutex;
  std::vector<CudaFallback> all;
};
Reported& reported() {
  static auto* reported = new Reported;
  return *reported;
}

}  // namespace

std::string to_string(const CudaFallback& fallback) {
  return "[" + fallback.op + "] " + fallback.problem + " by plain kernels: " + fallback.reason;
}

std::vector<CudaFallback> cuda_fallbacks() {
  const std::lock_guard lock(reported().mutex);
  return reported().all;
}

void cuda::report_fallback(const CudaFallback& fallback) {
  const std::lock_guard lock(reported().mutex);
  std::vector<CudaFallback>& all = reported().all;
  const bool known = std::any_of(all.begin(), all.end(), [&](const CudaFallback& each) {
    return each.op == fallback.op && each.problem == fallback.problem;
  });
  if (known) return;
  all.push_back(fallback);
  std::fprintf(stderr, "tenon: %s\n", to_string(fallback).c_str());
}

}  // namespace tenon
