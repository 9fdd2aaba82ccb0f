// Pooling.
#ifndef TENON_AUTOGRAD_OPS_POOLING_H_
#define TENON_AUTOGRAD_OPS_POOLING_H_

#include <utility>

#include "autograd/variable.h"
#include "tensor/ops/pooling.h"

namespace tenon::autograd {

/// The first of equal largest elements gets the gradient.
Variable max_pool2d(const Variable& x, const Pool2dParams& params = {});
Variable adaptive_max_pool2d(const Variable& x, std::pair<int, int> size);
Variable avg_pool2d(const Variable& x, const AvgPool2dParams& params = {});
Variable adaptive_avg_pool2d(const Variable& x, std::pair<int, int> size);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_POOLING_H_
