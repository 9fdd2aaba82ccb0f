// Marks functions that both the host's and the devices' kernels call.
#ifndef TENON_TENSOR_INTERNAL_HOST_DEVICE_H_
#define TENON_TENSOR_INTERNAL_HOST_DEVICE_H_

#if defined(__CUDACC__)
#define TENON_HOST_DEVICE __host__ __device__
#else
#define TENON_HOST_DEVICE
#endif

#endif  // TENON_TENSOR_INTERNAL_HOST_DEVICE_H_
