// Where kernels leave word of an index out of range: memory of the host, one place for each device,
// which the host reads whenever it waits anyway. Nothing is copied and nothing waits where all is
// well.
#include <array>
#include <mutex>

#include "tensor/cuda/runtime.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

constexpr std::size_t kMostDevices = 256;

std::array<Fault*, kMostDevices>& faults() {
  static auto* faults = new std::array<Fault*, kMostDevices>{};
  return *faults;
}
std::mutex& mutex() {
  static auto* mutex = new std::mutex;
  return *mutex;
}

}  // namespace

Fault* fault_of_device() {
  const std::lock_guard lock(mutex());
  Fault*& fault = faults()[static_cast<std::size_t>(current_device())];
  if (!fault) {
    void* block = allocate_pinned(sizeof(Fault));
    if (!block) throw OutOfMemoryError("[fault] expected memory that the device writes, got none");
    fault = new (block) Fault{};
  }
  return fault;
}

void take_fault() {
  Fault found{};
  {
    const std::lock_guard lock(mutex());
    Fault* fault = faults()[static_cast<std::size_t>(current_device())];
    if (!fault || !fault->op) return;
    found = *fault;
    fault->op = nullptr;
  }
  throw IndexError("[" + std::string(found.op) + "] expected " + found.what + " in [0, " +
                   std::to_string(found.size) + "), got " + std::to_string(found.value) +
                   " at position " + std::to_string(found.position) +
                   " (found on cuda:" + std::to_string(current_device()) +
                   " since the host last waited; TENON_CUDA_SYNC=1 names the call)");
}

}  // namespace tenon::cuda
