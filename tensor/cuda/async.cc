#include "tensor/cuda/async.h"

#include <string>

#include "tensor/cuda/recorder.h"
#include "tensor/cuda/submit.h"
#include "tensor/error.h"

namespace tenon::cuda {
namespace {

class CudaAsync final : public AsyncDevice {
 public:
  CudaAsync(int device, CachingAllocator& allocator) : device_(device), allocator_(allocator) {}

  void* create_stream() override {
    const DeviceScope on(device_);
    return cuda::create_stream();
  }
  void destroy_stream(void* stream) noexcept override {
    cuda::destroy_stream(static_cast<StreamHandle>(stream));
  }
  void* current_stream() override {
    const DeviceScope on(device_);
    return chosen_stream();
  }
  void set_current_stream(void* stream) override {
    const DeviceScope on(device_);
    if (stream == chosen_stream()) return;
    leave_recording("another stream");
    cuda::set_current_stream(static_cast<StreamHandle>(stream));
  }
  void synchronize(const char* why) override {
    const DeviceScope on(device_);
    leave_recording(why);
    cuda::synchronize(why);
  }

  void* create_event(bool timed) override {
    const DeviceScope on(device_);
    return cuda::create_event(timed);
  }
  void destroy_event(void* event) noexcept override { cuda::destroy_event(handle(event)); }
  void record_event(void* event) override {
    const DeviceScope on(device_);
    leave_recording("an event");
    cuda::record_event(handle(event));
  }
  void wait_for_event(void* event) override {
    const DeviceScope on(device_);
    leave_recording("an event");
    cuda::wait_for_event(handle(event));
  }
  bool is_done(void* event) override {
    const DeviceScope on(device_);
    return cuda::is_done(handle(event));
  }
  void synchronize_event(void* event, const char* why) override {
    const DeviceScope on(device_);
    leave_recording(why);
    cuda::synchronize_event(handle(event), why);
  }
  double milliseconds(void* from, void* to) override {
    return cuda::milliseconds(handle(from), handle(to));
  }

  void* allocate_pinned(std::size_t bytes) override {
    const DeviceScope on(device_);
    if (void* block = cuda::allocate_pinned(bytes)) return block;
    throw OutOfMemoryError("[allocate] expected " + std::to_string(bytes) +
                           " bytes of pinned memory, got none");
  }
  void free_pinned(void* block) noexcept override { cuda::free_pinned(block); }
  void copy_from_pinned(const void* from, const Tensor& out) override {
    const DeviceScope on(device_);
    leave_recording("a copy from the host");
    copy_bytes(out.raw_data(), from, out.bytes(), CopyKind::kToDevice);
  }

  Recorded record(const std::function<void()>& work) override {
    const DeviceScope on(device_);
    auto recorder = std::make_unique<Recorder>(allocator_);
    if (recorder->record(work)) return {std::move(recorder), ""};
    return {nullptr, recorder->reason()};
  }

  std::int64_t waits() const override { return synchronizations(); }

 private:
  static EventHandle handle(void* event) { return static_cast<EventHandle>(event); }

  int device_;
  CachingAllocator& allocator_;
};

}  // namespace

std::unique_ptr<AsyncDevice> make_async_device(int device, CachingAllocator& allocator) {
  return std::make_unique<CudaAsync>(device, allocator);
}

}  // namespace tenon::cuda
