#include "tensor/cuda/fork_guard.h"

#include <pthread.h>

#include <atomic>

#include "tensor/error.h"

namespace tenon::cuda {
namespace {

std::atomic<bool> g_used{false};    // this process has spoken to a device
std::atomic<bool> g_forked{false};  // and this is the child of one that had

}  // namespace

void refuse_fork() {
  if (g_forked.load(std::memory_order_relaxed)) {
    throw DeviceError(
        "[device] expected the process that first used a CUDA device, got a fork of it: start "
        "processes before the first use, or run a program of its own");
  }
  if (g_used.load(std::memory_order_relaxed) || g_used.exchange(true)) return;
  pthread_atfork(nullptr, nullptr, [] { g_forked.store(true); });
}

}  // namespace tenon::cuda
