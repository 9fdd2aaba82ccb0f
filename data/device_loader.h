// A loader's batches on a GPU, copied there while it works on the step before.
//
//   DataLoader loader(train, {.batch_size = 64, .shuffle = true, .workers = 2});
//   DeviceLoader batches(loader, parse_device("cuda"));
//   for (int epoch = 0; epoch < 10; ++epoch) {
//     for (const Batch& batch : batches) step(batch.inputs, batch.targets);
//   }
//
// A body that does not wait for the GPU returns while the GPU is still at work: the next batch is
// then taken from the loader (whose workers have it ready), laid into pinned memory and sent on a
// stream of its own, into memory that was set aside before the body began. The GPU's next step
// waits for that copy, the host for nothing. On the CPU the batches are the loader's own.
#ifndef TENON_DATA_DEVICE_LOADER_H_
#define TENON_DATA_DEVICE_LOADER_H_

#include <memory>

#include "data/data_loader.h"
#include "tensor/device.h"

namespace tenon::data {

/// Inputs and targets are on the device, indices stay on the CPU. Order, state() and errors are the
/// loader's, which must outlive this.
class DeviceLoader {
 public:
  /// Throws DeviceError where the device is not there.
  DeviceLoader(DataLoader& loader, Device device);
  ~DeviceLoader();

  using End = DataLoader::End;

  /// A single pass; must not outlive the DeviceLoader. One at a time.
  class Iterator {
   public:
    const Batch& operator*() const { return batch_; }
    const Batch* operator->() const { return &batch_; }
    Iterator& operator++();
    bool operator==(End end) const { return source_ == end; }

   private:
    friend class DeviceLoader;
    Iterator(DeviceLoader* owner, DataLoader::Iterator source);
    void load();

    DeviceLoader* owner_;
    DataLoader::Iterator source_;
    Batch batch_;
  };

  Iterator begin() { return Iterator(this, loader_.begin()); }
  End end() const { return {}; }

  DataLoader& loader() { return loader_; }
  Device device() const { return device_; }

 private:
  class Sender;

  DataLoader& loader_;
  Device device_;
  std::unique_ptr<Sender> sender_;  // null on the CPU
};

}  // namespace tenon::data

#endif  // TENON_DATA_DEVICE_LOADER_H_
