// One object for each device, for the libraries' handles and what hangs on them.
#ifndef TENON_TENSOR_CUDA_PER_DEVICE_H_
#define TENON_TENSOR_CUDA_PER_DEVICE_H_

#include <map>
#include <memory>
#include <mutex>

#include "tensor/cuda/runtime.h"

namespace tenon::cuda {

template <class T>
class PerDevice {
 public:
  /// The current device's, made when first asked for; stays where it is.
  T& here() {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<T>& found = made_[current_device()];
    if (!found) found = std::make_unique<T>();
    return *found;
  }

 private:
  std::mutex mutex_;
  std::map<int, std::unique_ptr<T>> made_;
};

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_PER_DEVICE_H_
