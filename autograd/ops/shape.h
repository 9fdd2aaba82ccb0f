// Views and copies in another shape, order or dtype.
#ifndef TENON_AUTOGRAD_OPS_SHAPE_H_
#define TENON_AUTOGRAD_OPS_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <span>

#include "autograd/variable.h"

namespace tenon::autograd {

Variable reshape(const Variable& x, const Shape& shape);
Variable flatten(const Variable& x, int first = 0, int last = -1);
Variable transpose(const Variable& x, int dim0, int dim1);
Variable permute(const Variable& x, std::span<const int> order);
inline Variable permute(const Variable& x, std::initializer_list<int> order) {
  return permute(x, std::span<const int>(order.begin(), order.size()));
}
Variable expand(const Variable& x, const Shape& shape);
Variable slice(const Variable& x, int dim, std::int64_t begin, std::int64_t end = INT64_MAX,
               std::int64_t step = 1);
Variable select(const Variable& x, int dim, std::int64_t index);
Variable squeeze(const Variable& x, int dim);
Variable unsqueeze(const Variable& x, int dim);
Variable cat(std::span<const Variable> variables, int dim = 0);
Variable to(const Variable& x, DType dtype);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_SHAPE_H_
