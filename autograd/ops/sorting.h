// Order along a dimension: the values are differentiable, the indices constants.
#ifndef TENON_AUTOGRAD_OPS_SORTING_H_
#define TENON_AUTOGRAD_OPS_SORTING_H_

#include <cstdint>
#include <utility>

#include "autograd/variable.h"

namespace tenon::autograd {

std::pair<Variable, Tensor> sort(const Variable& x, int dim = -1, bool descending = false);
std::pair<Variable, Tensor> topk(const Variable& x, std::int64_t k, int dim = -1,
                                 bool largest = true);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_SORTING_H_
