// The end of a half-open interval, for numbers that are rounded to a dtype.
#ifndef TENON_TENSOR_INTERNAL_LARGEST_BELOW_H_
#define TENON_TENSOR_INTERNAL_LARGEST_BELOW_H_

#include "tensor/dtype.h"

namespace tenon::internal {

/// The largest value of `dtype` below `bound`: numbers that would round up to it become this one.
/// `bound` itself for an integral dtype.
double largest_below(double bound, DType dtype);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_LARGEST_BELOW_H_
