// The runtime of devices that are no devices: two of them, in the memory of the host, on which
// kernels run as loops.
#include "tensor/cuda/runtime.h"

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tensor/cuda/emulated/device.h"
#include "tensor/cuda/fork_guard.h"
#include "tensor/cuda/waits.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

constexpr int kDevices = 2;

thread_local int t_device = 0;
thread_local StreamHandle t_streams[kDevices] = {};
thread_local Graph* t_graph = nullptr;  // that is being recorded

struct Memory {
  std::mutex mutex;
  std::unordered_map<void*, std::size_t> blocks;
  std::size_t used = 0;
  std::size_t limit = SIZE_MAX;
};
Memory& memory() {
  static auto* memory = new Memory;
  return *memory;
}

}  // namespace

/// What a stream was given, one after another; node n is step n - 1.
struct Graph {
  std::vector<std::function<void()>> steps;
};

namespace emulated {
void limit_memory(std::size_t bytes) { memory().limit = bytes; }
}  // namespace emulated

int usable_devices(std::string*) { return kDevices; }

DeviceScope::DeviceScope(int device) : before_(t_device) {
  refuse_fork();
  t_device = device;
}
DeviceScope::~DeviceScope() { t_device = before_; }

int current_device() { return t_device; }
StreamHandle chosen_stream() { return t_streams[t_device]; }
StreamHandle current_stream() { return chosen_stream(); }
void set_current_stream(StreamHandle stream) { t_streams[t_device] = stream; }
StreamHandle create_stream() {
  static std::atomic<std::uintptr_t> made{0};
  return reinterpret_cast<StreamHandle>(0x1000 + ++made);
}
void destroy_stream(StreamHandle) noexcept {}

void launch(const Launch& launch) {
  if (t_graph) {
    t_graph->steps.push_back(launch.loop);
  } else {
    launch.loop();
  }
}
bool checks_at_once() { return false; }

void begin_graph() { t_graph = new Graph; }
Graph* end_graph() { return std::exchange(t_graph, nullptr); }
Node last_node() { return reinterpret_cast<Node>(t_graph->steps.size()); }
void update_node(Graph* graph, Node node, const Launch& launch) {
  graph->steps[reinterpret_cast<std::uintptr_t>(node) - 1] = launch.loop;
}
void launch_graph(Graph* graph) {
  for (const auto& step : graph->steps) step();
}
void destroy_graph(Graph* graph) noexcept { delete graph; }

void* system_allocate(std::size_t bytes) {
  Memory& m = memory();
  const std::lock_guard lock(m.mutex);
  if (bytes > m.limit || m.used > m.limit - bytes) return nullptr;
  void* block = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
  if (!block) return nullptr;
  std::memset(block, 0xa5, bytes);  // what reads it before it is written shows
  m.blocks[block] = bytes;
  m.used += bytes;
  return block;
}

void system_free(void* block) noexcept {
  Memory& m = memory();
  const std::lock_guard lock(m.mutex);
  m.used -= m.blocks[block];
  m.blocks.erase(block);
  std::free(block);
}

void* allocate_pinned(std::size_t bytes) { return std::malloc(bytes); }
void free_pinned(void* block) noexcept { std::free(block); }

void copy_bytes(void* to, const void* from, std::size_t bytes, CopyKind) {
  launch({.name = "copy", .loop = [=] {
            if (bytes > 0) std::memcpy(to, from, bytes);
          }});
}

void copy_between(void* to, int, const void* from, int, std::size_t bytes) {
  copy_bytes(to, from, bytes, CopyKind::kOnDevice);
}

void synchronize(const char* why) {
  note_wait(why);
  take_fault();
}
void wait_for_device() noexcept { note_wait("everything"); }

// A stream is done with what it is given at once.
EventHandle create_event(bool) { return nullptr; }
void destroy_event(EventHandle) noexcept {}
void record_event(EventHandle) {}
bool is_done(EventHandle) { return true; }
void wait_for_event(EventHandle) {}
void synchronize_event(EventHandle, const char* why) { synchronize(why); }
double milliseconds(EventHandle, EventHandle) { return 0; }

int multiprocessors() { return 2; }

}  // namespace tenon::cuda
