// The caching allocator of host memory.
#ifndef TENON_TENSOR_CPU_ALLOCATOR_H_
#define TENON_TENSOR_CPU_ALLOCATOR_H_

#include "tensor/allocator.h"

namespace tenon::cpu {

/// Lives until the process ends, so that tensors may be freed by static destructors.
Allocator& host_allocator();

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_ALLOCATOR_H_
