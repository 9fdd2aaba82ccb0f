// Reductions over `dims` (all where empty).
#ifndef TENON_AUTOGRAD_OPS_REDUCE_H_
#define TENON_AUTOGRAD_OPS_REDUCE_H_

#include <initializer_list>
#include <span>

#include "autograd/variable.h"

namespace tenon::autograd {

Variable sum(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
Variable mean(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
/// Equal largest (smallest) elements share the gradient evenly.
Variable max(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
Variable min(const Variable& x, std::span<const int> dims = {}, bool keepdim = false);
inline Variable sum(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return sum(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Variable mean(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return mean(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Variable max(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return max(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
inline Variable min(const Variable& x, std::initializer_list<int> dims, bool keepdim = false) {
  return min(x, std::span<const int>(dims.begin(), dims.size()), keepdim);
}
Variable sum_to(const Variable& x, const Shape& shape);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_REDUCE_H_
