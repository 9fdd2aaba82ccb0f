#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

std::uint64_t dims_mask(const char* op, std::span<const int> dims, int ndim) {
  if (ndim > 64) {
    throw ShapeError("[" + std::string(op) + "] expected at most 64 dimensions, got " +
                     std::to_string(ndim));
  }
  if (dims.empty()) return ndim == 0 ? 0 : ~std::uint64_t{0} >> (64 - ndim);
  std::uint64_t mask = 0;
  for (const int dim : dims) {
    const std::uint64_t bit = std::uint64_t{1} << normalize_dim(dim, ndim, op);
    if (mask & bit) {
      throw ShapeError("[" + std::string(op) + "] expected each dim once, got " +
                       std::to_string(dim) + " twice");
    }
    mask |= bit;
  }
  return mask;
}

Shape reduced_shape(const Shape& shape, std::uint64_t mask) {
  Shape reduced = shape;
  for (int i = 0; i < shape.size(); ++i) {
    if (mask >> i & 1) reduced[i] = 1;
  }
  return reduced;
}

Tensor drop_dims(const Tensor& x, std::uint64_t mask) {
  Shape shape;
  for (int i = 0; i < x.ndim(); ++i) {
    if (!(mask >> i & 1)) shape.push_back(x.shape()[i]);
  }
  return x.reshape(std::move(shape));
}

Tensor reduce(ReduceOp op, const Tensor& x, std::uint64_t mask, bool keepdim) {
  Tensor out = empty(reduced_shape(x.shape(), mask), x.options());
  backend(x.device()).reduce(op, x, mask, out);
  return keepdim ? out : drop_dims(out, mask);
}

Tensor extreme(ReduceOp op, const char* name, const Tensor& x, std::span<const int> dims,
               bool keepdim) {
  internal::check_defined(name, "x", x);
  const std::uint64_t mask = dims_mask(name, dims, x.ndim());
  if (x.numel() == 0 && numel(reduced_shape(x.shape(), mask)) != 0) {
    throw ShapeError("[" + std::string(name) + "] expected at least one element, got " +
                     internal::describe(x));
  }
  return reduce(op, x, mask, keepdim);
}

Tensor arg_reduce(bool largest, const char* name, const Tensor& x, int dim, bool keepdim) {
  internal::check_defined(name, "x", x);
  dim = normalize_dim(dim, x.ndim(), name);
  const Tensor source = x.ndim() == 0 ? x.reshape({1}) : x;
  if (source.size(dim) == 0) {
    throw ShapeError("[" + std::string(name) + "] expected at least one element along dim " +
                     std::to_string(dim) + ", got " + internal::describe(x));
  }
  const std::uint64_t mask = std::uint64_t{1} << dim;
  Tensor out = empty(reduced_shape(source.shape(), mask),
                     {.dtype = DType::kI64, .device = x.device()});
  backend(x.device()).arg_reduce(largest, source, dim, out);
  return keepdim && x.ndim() > 0 ? out : drop_dims(out, mask);
}

}  // namespace

Tensor sum(const Tensor& x, std::span<const int> dims, bool keepdim) {
  internal::check_defined("sum", "x", x);
  const std::uint64_t mask = dims_mask("sum", dims, x.ndim());
  return reduce(ReduceOp::kSum, is_floating(x.dtype()) ? x : x.to(DType::kI64), mask, keepdim);
}

Tensor mean(const Tensor& x, std::span<const int> dims, bool keepdim) {
  internal::check_floating("mean", "x", x);
  return reduce(ReduceOp::kMean, x, dims_mask("mean", dims, x.ndim()), keepdim);
}

Tensor max(const Tensor& x, std::span<const int> dims, bool keepdim) {
  return extreme(ReduceOp::kMax, "max", x, dims, keepdim);
}
Tensor min(const Tensor& x, std::span<const int> dims, bool keepdim) {
  return extreme(ReduceOp::kMin, "min", x, dims, keepdim);
}

Tensor argmax(const Tensor& x, int dim, bool keepdim) {
  return arg_reduce(true, "argmax", x, dim, keepdim);
}
Tensor argmin(const Tensor& x, int dim, bool keepdim) {
  return arg_reduce(false, "argmin", x, dim, keepdim);
}

bool all_finite(const Tensor& x) {
  internal::check_defined("all_finite", "x", x);
  return !is_floating(x.dtype()) || backend(x.device()).all_finite(x);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  internal::check_defined("sum_to", "x", x);
  if (x.shape() == shape) return x;
  const int lead = x.ndim() - shape.size();
  std::uint64_t mask = 0;
  bool valid = lead >= 0;
  for (int i = 0; valid && i < x.ndim(); ++i) {
    const std::int64_t wanted = i < lead ? 1 : shape[i - lead];
    valid = wanted == x.shape()[i] || wanted == 1;
    if (wanted != x.shape()[i] || i < lead) mask |= std::uint64_t{1} << i;
  }
  if (!valid) {
    throw ShapeError("[sum_to] expected a shape that broadcasts to " + to_string(x.shape()) +
                     ", got " + to_string(shape));
  }
  return reduce(ReduceOp::kSum, x, mask, true).reshape(shape);
}

}  // namespace tenon
