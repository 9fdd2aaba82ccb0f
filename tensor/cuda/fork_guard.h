// The driver does not survive a fork: in the child of a process that had used a device every call
// fails in a way of its own.
#ifndef TENON_TENSOR_CUDA_FORK_GUARD_H_
#define TENON_TENSOR_CUDA_FORK_GUARD_H_

namespace tenon::cuda {

/// Before a device is used. Throws DeviceError in such a child.
void refuse_fork();

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_FORK_GUARD_H_
