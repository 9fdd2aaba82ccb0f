// Streams, events, pinned memory and recordings of a GPU (tensor/async_device.h).
#ifndef TENON_TENSOR_CUDA_ASYNC_H_
#define TENON_TENSOR_CUDA_ASYNC_H_

#include <memory>

#include "tensor/async_device.h"
#include "tensor/cuda/allocator.h"

namespace tenon::cuda {

/// The allocator is the device's, and outlives what is returned.
std::unique_ptr<AsyncDevice> make_async_device(int device, CachingAllocator& allocator);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ASYNC_H_
