#include "tensor/cuda/device_count.h"

#include "tensor/cuda/runtime.h"

namespace tenon {

int cuda_device_count() { return cuda::usable_devices(nullptr); }

std::string cuda_status() {
  std::string reason;
  const int count = cuda::usable_devices(&reason);
  if (count == 0) return reason;
  return std::to_string(count) + (count == 1 ? " CUDA device" : " CUDA devices");
}

}  // namespace tenon
