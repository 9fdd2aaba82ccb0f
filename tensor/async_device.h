// What a device offers that works by itself while the program goes on: streams, events, pinned
// memory, recordings of work. For backends; programs use tensor/stream.h and
// tensor/captured_step.h, which do without it where a device has no such thing.
#ifndef TENON_TENSOR_ASYNC_DEVICE_H_
#define TENON_TENSOR_ASYNC_DEVICE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tensor/tensor.h"

namespace tenon {

/// Work that was recorded once. Lives no longer than what the work reads and writes.
class Recording {
 public:
  virtual ~Recording() = default;
  /// All of it again, on the current stream.
  virtual void replay() = 0;
};

/// A recording, or the reason why there is none. The work has been done once either way.
struct Recorded {
  std::unique_ptr<Recording> recording;
  std::string reason;
};

/// Streams and events are addresses that the device knows; null is its own stream.
class AsyncDevice {
 public:
  virtual ~AsyncDevice() = default;

  virtual void* create_stream() = 0;
  virtual void destroy_stream(void* stream) noexcept = 0;
  /// Where this thread's work goes.
  virtual void* current_stream() = 0;
  virtual void set_current_stream(void* stream) = 0;
  /// Waits for the current stream and reports what its work found wrong. `why` is for reports.
  virtual void synchronize(const char* why) = 0;

  virtual void* create_event(bool timed) = 0;
  virtual void destroy_event(void* event) noexcept = 0;
  /// Marks the point that the current stream has reached.
  virtual void record_event(void* event) = 0;
  /// What the current stream is given from now on starts after the mark.
  virtual void wait_for_event(void* event) = 0;
  virtual bool is_done(void* event) = 0;
  virtual void synchronize_event(void* event, const char* why) = 0;
  /// Between two timed marks that have been reached.
  virtual double milliseconds(void* from, void* to) = 0;

  /// Host memory that the device reads by itself. Throws OutOfMemoryError.
  virtual void* allocate_pinned(std::size_t bytes) = 0;
  virtual void free_pinned(void* block) noexcept = 0;
  /// Copies out.bytes() from pinned memory, which has to stay as it is until that is done.
  virtual void copy_from_pinned(const void* from, const Tensor& out) = 0;

  /// Runs `work`, recording what it gives the device. Where it does something that cannot be
  /// recorded, what came before is done and the rest runs as it is. What `work` throws passes
  /// through, after all before it has been done.
  virtual Recorded record(const std::function<void()>& work) = 0;

  /// How often the host has waited for a device of this kind, in any thread.
  virtual std::int64_t waits() const = 0;
};

}  // namespace tenon

#endif  // TENON_TENSOR_ASYNC_DEVICE_H_
