// Streams and events: the order of a GPU's work, and marks in it.
//
//   const Device gpu = parse_device("cuda");
//   Stream side(gpu);
//   Event ready(gpu);
//   {
//     const StreamScope on(side);          // this thread's work for the GPU goes to `side`
//     prepared = prepare(batch);
//     ready.record();
//   }
//   ready.wait();                          // what follows here starts after the mark
//   step(prepared);
//
// Work on one stream runs in order; work on two streams runs side by side, and only events order
// it. A tensor belongs to the stream it was made on: its memory is handed out again in that
// stream's order. Whoever uses it on another stream makes that one wait first, and keeps the tensor
// until the work is done.
//
// The host goes on while a GPU works. It waits where it reads a result (item(), to(cpu)), in
// synchronize(), and nowhere else: TENON_CUDA_REPORT_SYNC=1 in the environment prints each wait. On
// the CPU each operation is done before its call returns, and all of this does nothing.
#ifndef TENON_TENSOR_STREAM_H_
#define TENON_TENSOR_STREAM_H_

#include <cstdint>
#include <memory>

#include "tensor/device.h"
#include "tensor/tensor.h"

namespace tenon {

class AsyncDevice;

/// An order of work. Throws DeviceError where the device is not there.
class Stream {
 public:
  explicit Stream(Device device);
  Device device() const { return device_; }
  /// The host waits for all work that the stream was given. Throws what that work found wrong.
  void synchronize() const;

 private:
  friend class StreamScope;
  Device device_;
  AsyncDevice* async_;  // null on the CPU
  std::shared_ptr<void> handle_;
};

/// While it lives, what this thread gives the stream's device goes to the stream.
class StreamScope {
 public:
  explicit StreamScope(const Stream& stream);
  ~StreamScope();
  StreamScope(const StreamScope&) = delete;
  StreamScope& operator=(const StreamScope&) = delete;

 private:
  AsyncDevice* async_;
  void* before_ = nullptr;
};

/// A mark in a stream.
class Event {
 public:
  /// Only a timed one can be compared with another; timing costs the device a little.
  explicit Event(Device device, bool timed = false);
  /// Marks the point that the device's current stream has reached. Again: moves the mark.
  void record();
  /// What the current stream is given from now on starts after the mark.
  void wait() const;
  /// Whether the mark has been reached; true where there is none.
  bool is_done() const;
  /// The host waits for it.
  void synchronize() const;
  /// From `start` to this one, both timed, recorded and reached. Throws ValueError where they are
  /// not.
  double milliseconds_since(const Event& start) const;

 private:
  AsyncDevice* async_;
  std::shared_ptr<void> handle_;
  bool timed_;
  std::int64_t nanoseconds_ = -1;  // of the host's clock, on the CPU; else 0 once recorded
};

/// The host waits for the device's current stream. Throws what its work found wrong: an IndexError
/// for an index out of range, a DeviceError for a kernel that failed.
void synchronize(Device device);

/// How often the host has waited for GPUs so far, in any thread.
std::int64_t host_waits(Device device);

/// Memory of the host that a GPU reads by itself, at the full speed of the bus and while the host
/// goes on. Uninitialized, on the CPU. Of the CPU (`near` = cpu) it is ordinary memory.
Tensor empty_pinned(const Shape& shape, DType dtype, Device near);

/// `from`, made by empty_pinned, to a dense `out` of the same shape and dtype on the GPU, without
/// waiting: `from` has to stay as it is until an event after the copy is done. Throws ShapeError,
/// DTypeError.
void copy_from_pinned(const Tensor& from, const Tensor& out);

}  // namespace tenon

#endif  // TENON_TENSOR_STREAM_H_
