// Elements in another order.
#ifndef TENON_AUTOGRAD_OPS_REARRANGE_H_
#define TENON_AUTOGRAD_OPS_REARRANGE_H_

#include <cstdint>
#include <initializer_list>
#include <span>

#include "autograd/variable.h"

namespace tenon::autograd {

Variable flip(const Variable& x, std::span<const int> dims);
inline Variable flip(const Variable& x, std::initializer_list<int> dims) {
  return flip(x, std::span<const int>(dims.begin(), dims.size()));
}
Variable roll(const Variable& x, std::int64_t shift, int dim);
Variable repeat(const Variable& x, const Shape& counts);
Variable tril(const Variable& x, std::int64_t diagonal = 0);
Variable triu(const Variable& x, std::int64_t diagonal = 0);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_REARRANGE_H_
