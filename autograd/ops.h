// Differentiable operations: those of tensor/ops.h that have a derivative, over Variables.
//
// Shapes, dtypes and errors are those of the operation of the same name in tensor/ops.h. Every
// derivative is itself written with these functions, so it has a derivative too. Where no argument
// requires a gradient, or under NoGrad, the value is computed and nothing is recorded.
#ifndef TENON_AUTOGRAD_OPS_H_
#define TENON_AUTOGRAD_OPS_H_

#include "autograd/ops/activation.h"
#include "autograd/ops/arithmetic.h"
#include "autograd/ops/attention.h"
#include "autograd/ops/convolution.h"
#include "autograd/ops/dropout.h"
#include "autograd/ops/embedding.h"
#include "autograd/ops/indexing.h"
#include "autograd/ops/linalg.h"
#include "autograd/ops/loss.h"
#include "autograd/ops/normalization.h"
#include "autograd/ops/pooling.h"
#include "autograd/ops/rearrange.h"
#include "autograd/ops/reduce.h"
#include "autograd/ops/shape.h"
#include "autograd/ops/sorting.h"
#include "autograd/ops/unary.h"
#include "autograd/variable.h"
#include "tensor/ops.h"

#endif  // TENON_AUTOGRAD_OPS_H_
