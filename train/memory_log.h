// What an epoch costs in memory, as a value of its record.
//
//   MemoryLog memory;
//   fit(net, loader, optimizer, {.callbacks = {&memory, &csv}});
#ifndef TENON_TRAIN_MEMORY_LOG_H_
#define TENON_TRAIN_MEMORY_LOG_H_

#include "tensor/device.h"
#include "train/callback.h"

namespace tenon::train {

/// Adds "peak_bytes" to each epoch's record: the most that tensors held at once on the device, the
/// validation included ("seconds" and "items_per_second" are there already). Give it before
/// callbacks that write the records. Starts the allocator's peak anew with each epoch.
class MemoryLog : public Callback {
 public:
  explicit MemoryLog(Device device = kCpu) : device_(device) {}

  absl::Status on_epoch_begin(Run& run) override;
  absl::Status on_epoch_end(Run& run) override;

 private:
  Device device_;
};

}  // namespace tenon::train

#endif  // TENON_TRAIN_MEMORY_LOG_H_
