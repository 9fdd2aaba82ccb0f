#include "tensor/cuda/waits.h"

#include <atomic>
#include <cstdio>
#include <cstdlib>

#include "tensor/cuda/runtime.h"

namespace tenon::cuda {
namespace {

std::atomic<std::int64_t> g_synchronizations{0};

}  // namespace

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value && value[0] == '1' && value[1] == 0;
}

void note_wait(const char* why) {
  static const bool report = is_set("TENON_CUDA_REPORT_SYNC");
  g_synchronizations.fetch_add(1, std::memory_order_relaxed);
  if (report) std::fprintf(stderr, "tenon: waiting for cuda:%d: %s\n", current_device(), why);
}

std::int64_t synchronizations() { return g_synchronizations.load(std::memory_order_relaxed); }

}  // namespace tenon::cuda
