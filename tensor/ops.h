// Operations on tensors. Each returns a new tensor; none changes its arguments.
//
//   Tensor y = relu(matmul(x, w) + b);      // broadcasts as NumPy does
//   Tensor m = mean(y, {0});                // [N,C] -> [C]
//
// Shapes are written in brackets: N batch, C channels, H height, W width. Elementwise operations
// keep the memory order of their first dense argument. Dtypes: "floating" is f32, f64, bf16, f16
// (16-bit values are computed in f32 and rounded once); "any" adds i64, i32, u8, bool. Binary
// operations promote (tensor/dtype.h); a plain number takes the tensor's dtype (ValueError where it
// does not fit), except that a fraction with an integral tensor gives f32. All throw DTypeError,
// ShapeError and DeviceError that name the operation, the argument and both shapes.
#ifndef TENON_TENSOR_OPS_H_
#define TENON_TENSOR_OPS_H_

#include "tensor/ops/activation.h"
#include "tensor/ops/arithmetic.h"
#include "tensor/ops/attention.h"
#include "tensor/ops/convolution.h"
#include "tensor/ops/dropout.h"
#include "tensor/ops/embedding.h"
#include "tensor/ops/indexing.h"
#include "tensor/ops/linalg.h"
#include "tensor/ops/loss.h"
#include "tensor/ops/normalization.h"
#include "tensor/ops/optimizer.h"
#include "tensor/ops/pooling.h"
#include "tensor/ops/rearrange.h"
#include "tensor/ops/reduce.h"
#include "tensor/ops/sorting.h"
#include "tensor/ops/unary.h"
#include "tensor/random.h"
#include "tensor/tensor.h"

#endif  // TENON_TENSOR_OPS_H_
