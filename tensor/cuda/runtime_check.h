// Errors of the CUDA runtime as Tenon's, for the files that speak to it.
#ifndef TENON_TENSOR_CUDA_RUNTIME_CHECK_H_
#define TENON_TENSOR_CUDA_RUNTIME_CHECK_H_

#include <cuda_runtime_api.h>

namespace tenon::cuda {

/// Throws a DeviceError that names `what` and the current device, unless all is well.
void check(const char* what, cudaError_t error);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_RUNTIME_CHECK_H_
