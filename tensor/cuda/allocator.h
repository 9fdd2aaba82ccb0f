// The caching allocator of a GPU's memory.
//
// Ordered by streams: a block that is freed may be handed out again at once to work on the stream
// it was allocated on, because that work runs after whatever used the block before. A block is
// never handed to another stream. Whoever uses a tensor on a stream other than the one it was made
// on has to make that stream wait, and to keep the tensor until the work is done (stream.h).
#ifndef TENON_TENSOR_CUDA_ALLOCATOR_H_
#define TENON_TENSOR_CUDA_ALLOCATOR_H_

#include <memory>

#include "tensor/allocator.h"

namespace tenon::cuda {

/// Blocks are aligned to 512 bytes and at most an eighth larger than asked for. Where the device
/// has no memory left, cached blocks are given back first; then an OutOfMemoryError with these
/// statistics is thrown, and the program may go on.
std::unique_ptr<Allocator> make_allocator(int device);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ALLOCATOR_H_
