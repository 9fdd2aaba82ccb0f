// Copies from one device to another, in the order of both devices' streams and without a wait of
// the host's.
#ifndef TENON_TENSOR_CUDA_PEER_COPY_H_
#define TENON_TENSOR_CUDA_PEER_COPY_H_

#include "tensor/tensor.h"

namespace tenon::cuda {

/// Dense tensors of two devices. Starts after what the current streams of both have been given;
/// what they are given from now on starts after it. By way of the host's memory where the devices
/// do not reach each other's, which is the driver's to know.
void copy_from_peer(const Tensor& from, const Tensor& out);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_PEER_COPY_H_
