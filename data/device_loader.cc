#include "data/device_loader.h"

#include <utility>

#include "tensor/stream.h"

namespace tenon::data {
namespace {

bool alike(const Tensor& a, const Tensor& b) {
  return a.defined() && a.shape() == b.shape() && a.dtype() == b.dtype();
}

}  // namespace

/// Sends batches to a GPU on a stream of its own.
class DeviceLoader::Sender {
 public:
  explicit Sender(Device device)
      : device_(device),
        stream_(device),
        room_is_free_(device),
        slots_{Slot(device), Slot(device)} {}

  /// The batch there; what the current stream is given from now on starts when it has arrived.
  Batch send(const Batch& batch) {
    Slot& slot = slots_[next_];
    next_ = 1 - next_;
    if (!slot.sent.is_done()) slot.sent.synchronize();  // two batches ago: hardly ever
    const Batch there{send(batch.inputs, slot.inputs, room_.inputs),
                      send(batch.targets, slot.targets, room_.targets), batch.indices};
    {
      const StreamScope on(stream_);
      slot.sent.record();
    }
    slot.sent.wait();
    set_room_aside(there);
    return there;
  }

 private:
  /// Pinned memory, and when it may be written again.
  struct Slot {
    explicit Slot(Device device) : sent(device) {}
    Tensor inputs, targets;
    Event sent;
  };

  Tensor send(const Tensor& from, Tensor& pinned, Tensor& room) {
    if (!from.defined()) return from;
    if (!alike(pinned, from)) pinned = empty_pinned(from.shape(), from.dtype(), device_);
    pinned.copy_(from);
    Tensor to = std::exchange(room, {});
    if (!alike(to, from)) {
      to = empty(from.shape(), {.dtype = from.dtype(), .device = device_});
      room_is_free_.record();
    }
    const StreamScope on(stream_);
    room_is_free_.wait();  // what the memory was used for before
    copy_from_pinned(pinned, to);
    return to;
  }

  /// The next batch is likely to be as large. Its memory is free once the work that the stream has
  /// been given so far is done: the body's work comes later, and the copy need not wait for that.
  void set_room_aside(const Batch& like) {
    room_ = {};
    if (like.inputs.defined()) room_.inputs = empty_like(like.inputs);
    if (like.targets.defined()) room_.targets = empty_like(like.targets);
    room_is_free_.record();
  }

  Device device_;
  Stream stream_;
  Batch room_;
  Event room_is_free_;
  Slot slots_[2];
  int next_ = 0;
};

DeviceLoader::DeviceLoader(DataLoader& loader, Device device)
    : loader_(loader),
      device_(device),
      sender_(device.is_cpu() ? nullptr : std::make_unique<Sender>(device)) {}

DeviceLoader::~DeviceLoader() = default;

DeviceLoader::Iterator::Iterator(DeviceLoader* owner, DataLoader::Iterator source)
    : owner_(owner), source_(std::move(source)) {
  load();
}

DeviceLoader::Iterator& DeviceLoader::Iterator::operator++() {
  ++source_;
  load();
  return *this;
}

void DeviceLoader::Iterator::load() {
  if (source_ == End()) {
    batch_ = {};
  } else {
    batch_ = owner_->sender_ ? owner_->sender_->send(*source_) : *source_;
  }
}

}  // namespace tenon::data
