// What kernels and the backend ask of a device: memory, copies, launches, streams, graphs, errors.
//
//   const DeviceScope on(1);                     // what follows is for device 1, on its stream
//   void* block = system_allocate(bytes);
//   copy_bytes(block, host, bytes, CopyKind::kToDevice);
//   synchronize("to");
//
// runtime.cc speaks to the CUDA runtime. emulated/runtime.cc stands in for it where the kernels run
// on the host, in tests. No CUDA header: everything above this is plain C++.
#ifndef TENON_TENSOR_CUDA_RUNTIME_H_
#define TENON_TENSOR_CUDA_RUNTIME_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

struct CUstream_st;
struct CUevent_st;
struct CUgraphNode_st;

namespace tenon::cuda {

/// A cudaStream_t.
using StreamHandle = CUstream_st*;
/// A cudaEvent_t.
using EventHandle = CUevent_st*;

/// Devices that this process can use. Where there is none, `reason` (may be null) says why: no
/// driver, one too old for this build, or no device.
int usable_devices(std::string* reason);

/// Makes a device and its current stream those of the calling thread, and at its end those of
/// before. Throws DeviceError for a device that is not there, and in the child of a fork after the
/// parent had used a device: the driver does not survive that.
class DeviceScope {
 public:
  explicit DeviceScope(int device);
  ~DeviceScope();
  DeviceScope(const DeviceScope&) = delete;
  DeviceScope& operator=(const DeviceScope&) = delete;

 private:
  int before_;
};

/// The device of the innermost DeviceScope, else 0.
int current_device();
/// Streaming multiprocessors of the current device: how many blocks fill it.
int multiprocessors();

// Memory.

/// Null where the current device has no such memory left.
void* system_allocate(std::size_t bytes);
void system_free(void* block) noexcept;
/// Memory of the host that devices read and write; null where there is none left.
void* allocate_pinned(std::size_t bytes);
void free_pinned(void* block) noexcept;

enum class CopyKind { kToDevice, kToHost, kOnDevice };
/// On the current stream. Of pageable host memory the call returns when it has been read, or
/// written.
void copy_bytes(void* to, const void* from, std::size_t bytes, CopyKind kind);
/// From one device to another on the current stream, which is of one of them.
void copy_between(void* to, int to_device, const void* from, int from_device, std::size_t bytes);

// Streams and events.

/// The stream that this thread's work on the current device goes to: by default one of the device's
/// own, which waits for no other.
StreamHandle current_stream();
/// What was set; null where nothing was.
StreamHandle chosen_stream();
/// Null: the device's own again.
void set_current_stream(StreamHandle stream);
StreamHandle create_stream();
void destroy_stream(StreamHandle stream) noexcept;

/// Waits for the current stream. `why` is what a debug report names. Throws DeviceError where work
/// before it failed, and what take_fault finds.
void synchronize(const char* why);
/// For all work of the current device, whatever became of it.
void wait_for_device() noexcept;
/// How many times any thread has waited for a device.
std::int64_t synchronizations();

EventHandle create_event(bool timed);
void destroy_event(EventHandle event) noexcept;
/// Marks the point that the current stream has reached.
void record_event(EventHandle event);
/// Work that the current stream is given from now on starts after the mark.
void wait_for_event(EventHandle event);
/// Whether everything before the mark is done.
bool is_done(EventHandle event);
void synchronize_event(EventHandle event, const char* why);
double milliseconds(EventHandle from, EventHandle to);

// Launches, and graphs of them.

inline constexpr int kBlockThreads = 256;

/// A kernel with its arguments; where devices are emulated, a loop.
struct Launch {
  const char* name;
  const void* function = nullptr;
  unsigned blocks = 0;
  unsigned threads = kBlockThreads;  // of a block
  std::size_t shared_bytes = 0;      // of a block, beside what the kernel has declared
  void** arguments = nullptr;
  std::function<void()> loop = {};
};
/// Gives it to the current stream. Throws the typed error of a launch that failed: a DeviceError
/// that names the kernel. With TENON_CUDA_SYNC=1 in the environment it waits for the kernel, so
/// that one that faults is named.
void launch(const Launch& launch);
/// Whether TENON_CUDA_SYNC=1: errors are worth a wait.
bool checks_at_once();

/// What a stream was given while it was recorded.
struct Graph;
using Node = CUgraphNode_st*;
/// From now on the current stream records what it is given instead of doing it.
void begin_graph();
/// Ends that. Throws DeviceError where something in between spoilt it.
Graph* end_graph();
/// What the recording stream was given last.
Node last_node();
/// Another kernel, or other arguments, for a launch of the graph from its next start on.
void update_node(Graph* graph, Node node, const Launch& launch);
/// Gives all of it to the current stream.
void launch_graph(Graph* graph);
void destroy_graph(Graph* graph) noexcept;

// Faults: what a kernel found wrong with its arguments.

/// Written by a kernel, read by the host when it next waits; the first one stays.
struct Fault {
  const char* op;                      ///< null: none
  const char* what;                    ///< the argument
  std::int64_t position, value, size;  ///< element `position` is `value`, not in [0, size)
};
/// Of the current device; kernels write there.
Fault* fault_of_device();
/// Throws the IndexError of a fault that has been found, once.
void take_fault();

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_RUNTIME_H_
