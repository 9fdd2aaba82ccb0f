// Copies between tensors of which each is dense along another dimension: transposed matrices,
// channels-first images to channels-last and back.
#ifndef TENON_TENSOR_CPU_TRANSPOSE_H_
#define TENON_TENSOR_CPU_TRANSPOSE_H_

#include "tensor/cpu/strided_loop.h"
#include "tensor/tensor.h"

namespace tenon::cpu {

/// Copies `from` to `out`, of the same dtype, whose merged dimensions are `dims` (out's first).
/// False, with nothing done, where they are not dense along two different dimensions, or where
/// elements that are neighbours in `out` lie less than a line apart in `from`.
bool copy_transposed(const LoopDims& dims, const Tensor& from, const Tensor& out);

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_TRANSPOSE_H_
