#include "train/memory_log.h"

#include "tensor/allocator.h"

namespace tenon::train {

absl::Status MemoryLog::on_epoch_begin(Run&) {
  allocator(device_).reset_peak();
  return absl::OkStatus();
}

absl::Status MemoryLog::on_epoch_end(Run& run) {
  const auto peak = static_cast<double>(allocator(device_).stats().peak_bytes);
  run.history.back().values.push_back({"peak_bytes", peak});
  return absl::OkStatus();
}

}  // namespace tenon::train
