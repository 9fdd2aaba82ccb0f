// What kernels and the backend ask of a device: memory, copies, streams, errors.
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
#include <string>

struct CUstream_st;
struct CUevent_st;

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
/// The stream that this thread's work on the current device goes to: by default one of the device's
/// own, which waits for no other.
StreamHandle current_stream();
/// Null: the device's own again.
void set_current_stream(StreamHandle stream);

/// Throws the typed error of a launch that failed: a DeviceError that names the kernel. With
/// TENON_CUDA_SYNC=1 in the environment it waits for the kernel, so that one that faults is named.
void check_launch(const char* kernel);

/// Null where the current device has no such memory left.
void* system_allocate(std::size_t bytes);
void system_free(void* block) noexcept;

enum class CopyKind { kToDevice, kToHost, kOnDevice };
/// On the current stream. Of pageable host memory the call returns when it has been read, or
/// written.
void copy_bytes(void* to, const void* from, std::size_t bytes, CopyKind kind);

/// Waits for the current stream. `why` is what a debug report names. Throws DeviceError where work
/// before it failed.
void synchronize(const char* why);
/// How many times any thread has waited for a device.
std::int64_t synchronizations();

EventHandle create_event();
void destroy_event(EventHandle event) noexcept;
/// Marks the point that the current stream has reached.
void record_event(EventHandle event);
/// Whether everything before the mark is done.
bool is_done(EventHandle event);
/// Work that the current stream is given from now on starts after the mark.
void wait_for_event(EventHandle event);

/// Streaming multiprocessors of the current device: how many blocks fill it.
int multiprocessors();

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_RUNTIME_H_
