// What tests ask of the emulated devices.
#ifndef TENON_TENSOR_CUDA_EMULATED_DEVICE_H_
#define TENON_TENSOR_CUDA_EMULATED_DEVICE_H_

#include <cstddef>

namespace tenon::cuda::emulated {

/// Bytes that all devices have together from now on.
void limit_memory(std::size_t bytes);

}  // namespace tenon::cuda::emulated

#endif  // TENON_TENSOR_CUDA_EMULATED_DEVICE_H_
