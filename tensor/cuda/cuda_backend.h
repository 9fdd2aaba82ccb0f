// The backend of each GPU, as tensor/backend.h finds it.
#ifndef TENON_TENSOR_CUDA_CUDA_BACKEND_H_
#define TENON_TENSOR_CUDA_CUDA_BACKEND_H_

#include "tensor/backend.h"

namespace tenon::cuda {

/// The backend of device `index`, made when it is first asked for; null and the reason where there
/// is no such device. Backends live until the process ends.
Backend* find_backend(int index, const char** reason);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_CUDA_BACKEND_H_
