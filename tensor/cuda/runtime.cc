// The runtime of real devices: devices, memory, copies and waits of the CUDA runtime.
#include "tensor/cuda/runtime.h"

#include <cuda_runtime_api.h>

#include <array>
#include <atomic>
#include <mutex>

#include "tensor/cuda/fork_guard.h"
#include "tensor/cuda/runtime_check.h"
#include "tensor/cuda/waits.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

constexpr int kMostDevices = 256;

thread_local int t_device = 0;
thread_local std::array<StreamHandle, kMostDevices> t_streams{};

void make_current(int device) {
  check("device", cudaSetDevice(device));
  t_device = device;
}

/// Made when first asked for; lives until the process ends.
StreamHandle own_stream() {
  static std::array<std::atomic<StreamHandle>, kMostDevices> streams{};
  static std::mutex mutex;
  auto& stream = streams[static_cast<std::size_t>(t_device)];
  if (const StreamHandle made = stream.load(std::memory_order_acquire)) return made;
  const std::lock_guard lock(mutex);
  if (!stream.load()) {
    cudaStream_t made = nullptr;
    check("stream", cudaStreamCreateWithFlags(&made, cudaStreamNonBlocking));
    stream.store(made, std::memory_order_release);
  }
  return stream.load();
}

cudaMemcpyKind kind_of(CopyKind kind) {
  return kind == CopyKind::kToDevice ? cudaMemcpyHostToDevice
         : kind == CopyKind::kToHost ? cudaMemcpyDeviceToHost
                                     : cudaMemcpyDeviceToDevice;
}

/// "13.0" of 13000.
std::string version_text(int version) {
  return std::to_string(version / 1000) + "." + std::to_string(version % 1000 / 10);
}

/// The runtime has one error for no driver and for an old one.
std::string why_none(cudaError_t error) {
  int driver = 0;
  if (cudaDriverGetVersion(&driver) != cudaSuccess || driver == 0) return "no driver is installed";
  if (error == cudaErrorInsufficientDriver) {
    return "the driver is one for CUDA " + version_text(driver) + ", and this program wants " +
           version_text(CUDART_VERSION);
  }
  return error == cudaSuccess ? "the driver finds none" : cudaGetErrorString(error);
}

}  // namespace

void check(const char* what, cudaError_t error) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // or the next call would report it again, unless the device is lost
  throw DeviceError("[" + std::string(what) + "] expected cuda:" + std::to_string(t_device) +
                    " to do it, got " + cudaGetErrorName(error) + ": " + cudaGetErrorString(error));
}

int usable_devices(std::string* reason) {
  int count = 0;
  const cudaError_t error = cudaGetDeviceCount(&count);
  if (error == cudaSuccess && count > 0) return count < kMostDevices ? count : kMostDevices;
  cudaGetLastError();
  if (reason) *reason = "no CUDA device: " + why_none(error);
  return 0;
}

DeviceScope::DeviceScope(int device) : before_(t_device) {
  refuse_fork();
  if (device != t_device) {
    make_current(device);
    return;
  }
  // Another library may have chosen a device behind our back; asking is a read of a thread's
  // variable.
  int current = 0;
  if (cudaGetDevice(&current) != cudaSuccess || current != device) make_current(device);
}

DeviceScope::~DeviceScope() {
  if (before_ == t_device) return;
  cudaSetDevice(before_);
  t_device = before_;
}

int current_device() { return t_device; }

StreamHandle chosen_stream() { return t_streams[static_cast<std::size_t>(t_device)]; }

StreamHandle current_stream() {
  const StreamHandle chosen = chosen_stream();
  return chosen ? chosen : own_stream();
}

void set_current_stream(StreamHandle stream) {
  t_streams[static_cast<std::size_t>(t_device)] = stream;
}

StreamHandle create_stream() {
  cudaStream_t stream = nullptr;
  check("stream", cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking));
  return stream;
}
void destroy_stream(StreamHandle stream) noexcept { cudaStreamDestroy(stream); }

bool checks_at_once() {
  static const bool set = is_set("TENON_CUDA_SYNC");
  return set;
}

void* system_allocate(std::size_t bytes) {
  void* block = nullptr;
  const cudaError_t error = cudaMalloc(&block, bytes);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check("allocate", error);
  return block;
}

void system_free(void* block) noexcept { cudaFree(block); }

void* allocate_pinned(std::size_t bytes) {
  void* block = nullptr;
  const cudaError_t error = cudaHostAlloc(&block, bytes, cudaHostAllocPortable);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    return nullptr;
  }
  check("allocate_pinned", error);
  return block;
}
void free_pinned(void* block) noexcept { cudaFreeHost(block); }

void copy_bytes(void* to, const void* from, std::size_t bytes, CopyKind kind) {
  if (bytes == 0) return;
  check("copy", cudaMemcpyAsync(to, from, bytes, kind_of(kind), current_stream()));
}

void copy_between(void* to, int to_device, const void* from, int from_device, std::size_t bytes) {
  if (bytes == 0) return;
  check("copy", cudaMemcpyPeerAsync(to, to_device, from, from_device, bytes, current_stream()));
}

void synchronize(const char* why) {
  note_wait(why);
  check(why, cudaStreamSynchronize(current_stream()));
  take_fault();
}

void wait_for_device() noexcept {
  note_wait("everything");
  cudaDeviceSynchronize();
}

EventHandle create_event(bool timed) {
  cudaEvent_t event = nullptr;
  check("event",
        cudaEventCreateWithFlags(&event, timed ? cudaEventDefault : cudaEventDisableTiming));
  return event;
}
void destroy_event(EventHandle event) noexcept { cudaEventDestroy(event); }
void record_event(EventHandle event) { check("event", cudaEventRecord(event, current_stream())); }
bool is_done(EventHandle event) {
  const cudaError_t state = cudaEventQuery(event);
  if (state == cudaErrorNotReady) {
    cudaGetLastError();
    return false;
  }
  check("event", state);
  return true;
}
void wait_for_event(EventHandle event) {
  check("event", cudaStreamWaitEvent(current_stream(), event, 0));
}
void synchronize_event(EventHandle event, const char* why) {
  note_wait(why);
  check(why, cudaEventSynchronize(event));
  take_fault();
}
double milliseconds(EventHandle from, EventHandle to) {
  float result = 0;
  check("event", cudaEventElapsedTime(&result, from, to));
  return static_cast<double>(result);
}

int multiprocessors() {
  static std::array<std::atomic<int>, kMostDevices> known{};
  auto& count = known[static_cast<std::size_t>(t_device)];
  if (count.load(std::memory_order_relaxed) == 0) {
    int value = 0;
    check("device", cudaDeviceGetAttribute(&value, cudaDevAttrMultiProcessorCount, t_device));
    count.store(value, std::memory_order_relaxed);
  }
  return count.load(std::memory_order_relaxed);
}

}  // namespace tenon::cuda
