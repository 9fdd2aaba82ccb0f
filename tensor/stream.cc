#include "tensor/stream.h"

#include <chrono>

#include "tensor/async_device.h"
#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

std::int64_t now() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// The stream's work goes to where this thread's would, for as long as a call takes.
class Current {
 public:
  Current(AsyncDevice& device, void* stream) : device_(device), before_(device.current_stream()) {
    device.set_current_stream(stream);
  }
  ~Current() { device_.set_current_stream(before_); }
  Current(const Current&) = delete;
  Current& operator=(const Current&) = delete;

 private:
  AsyncDevice& device_;
  void* before_;
};

/// A block of pinned memory as a tensor's owner.
class PinnedBlock final : public StorageOwner {
 public:
  PinnedBlock(AsyncDevice& device, std::size_t bytes)
      : device_(device), data_(device.allocate_pinned(bytes)) {}
  ~PinnedBlock() override { device_.free_pinned(data_); }
  void* data() const { return data_; }

 private:
  AsyncDevice& device_;
  void* data_;
};

}  // namespace

Stream::Stream(Device device) : device_(device), async_(backend(device).async()) {
  if (!async_) return;
  handle_ = std::shared_ptr<void>(
      async_->create_stream(), [async = async_](void* stream) { async->destroy_stream(stream); });
}

void Stream::synchronize() const {
  if (!async_) return;
  const Current on(*async_, handle_.get());
  async_->synchronize("Stream::synchronize");
}

StreamScope::StreamScope(const Stream& stream) : async_(stream.async_) {
  if (!async_) return;
  before_ = async_->current_stream();
  async_->set_current_stream(stream.handle_.get());
}

StreamScope::~StreamScope() {
  if (async_) async_->set_current_stream(before_);
}

Event::Event(Device device, bool timed) : async_(backend(device).async()), timed_(timed) {
  if (!async_) return;
  handle_ = std::shared_ptr<void>(async_->create_event(timed),
                                  [async = async_](void* event) { async->destroy_event(event); });
}

void Event::record() {
  nanoseconds_ = async_ ? 0 : now();
  if (async_) async_->record_event(handle_.get());
}

void Event::wait() const {
  if (async_ && nanoseconds_ >= 0) async_->wait_for_event(handle_.get());
}

bool Event::is_done() const {
  return !async_ || nanoseconds_ < 0 || async_->is_done(handle_.get());
}

void Event::synchronize() const {
  if (async_ && nanoseconds_ >= 0) async_->synchronize_event(handle_.get(), "Event::synchronize");
}

double Event::milliseconds_since(const Event& start) const {
  if (!timed_ || !start.timed_ || nanoseconds_ < 0 || start.nanoseconds_ < 0 ||
      async_ != start.async_) {
    throw ValueError("[event] expected two timed events of one device that were recorded");
  }
  if (async_) return async_->milliseconds(start.handle_.get(), handle_.get());
  return 1e-6 * static_cast<double>(nanoseconds_ - start.nanoseconds_);
}

void synchronize(Device device) {
  if (AsyncDevice* async = backend(device).async()) async->synchronize("synchronize");
}

std::int64_t host_waits(Device device) {
  const AsyncDevice* async = backend(device).async();
  return async ? async->waits() : 0;
}

Tensor empty_pinned(const Shape& shape, DType dtype, Device near) {
  AsyncDevice* async = backend(near).async();
  const Tensor plain = empty(shape, {.dtype = dtype});  // checks the sizes
  if (!async || plain.numel() == 0) return plain;
  auto* block = new PinnedBlock(*async, plain.bytes());
  internal::IntrusivePtr<StorageOwner> owner(block);
  return Tensor(Storage::borrow(block->data(), plain.bytes(), kCpu, std::move(owner)), shape,
                plain.strides(), 0, dtype);
}

void copy_from_pinned(const Tensor& from, const Tensor& out) {
  internal::check_shape("copy_from_pinned", "from", from, out.shape());
  internal::check_dtype("copy_from_pinned", "from", from, out.dtype());
  if (!from.device().is_cpu() || !from.is_contiguous() || !out.is_contiguous()) {
    throw ShapeError("[copy_from_pinned] expected dense tensors, the first on the cpu");
  }
  if (AsyncDevice* async = backend(out.device()).async()) {
    async->copy_from_pinned(from.raw_data(), out);
  } else {
    backend(out.device()).copy_from_host(from.raw_data(), out);
  }
}

}  // namespace tenon
