// Views and copies in another shape, order or dtype.
#ifndef TENON_AUTOGRAD_OPS_SHAPE_H_
#define TENON_AUTOGRAD_OPS_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

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
Variable narrow(const Variable& x, int dim, std::int64_t begin, std::int64_t length);
Variable squeeze(const Variable& x, int dim);
Variable unsqueeze(const Variable& x, int dim);
std::vector<Variable> split(const Variable& x, std::int64_t size, int dim = 0);
std::vector<Variable> split(const Variable& x, std::span<const std::int64_t> sizes, int dim = 0);
inline std::vector<Variable> split(const Variable& x, std::initializer_list<std::int64_t> sizes,
                                   int dim = 0) {
  return split(x, std::span<const std::int64_t>(sizes.begin(), sizes.size()), dim);
}
std::vector<Variable> chunk(const Variable& x, std::int64_t count, int dim = 0);
Variable diagonal(const Variable& x, std::int64_t offset = 0, int dim0 = 0, int dim1 = 1);
Variable unflatten(const Variable& x, int dim, const Shape& sizes);
Variable movedim(const Variable& x, int from, int to);
Variable cat(std::span<const Variable> variables, int dim = 0);
Variable stack(std::span<const Variable> variables, int dim = 0);
Variable to(const Variable& x, DType dtype);
Variable to(const Variable& x, Layout layout);
/// New elements with the same values.
Variable clone(const Variable& x);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_SHAPE_H_
