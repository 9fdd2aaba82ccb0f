#include <cmath>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

std::uint64_t dims_mask(const char* op, DimList dims, int ndim) {
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

Tensor reduce(const ReduceArgs& args, const Tensor& x, bool keepdim) {
  const bool asks = args.op == ReduceOp::kAny || args.op == ReduceOp::kAll;
  Tensor out = empty(reduced_shape(x.shape(), args.dims),
                     {.dtype = asks ? DType::kBool : x.dtype(), .device = x.device()});
  backend(x.device()).reduce(args, x, out);
  return keepdim ? out : drop_dims(out, args.dims);
}

/// Integers of any width are added up and multiplied in i64.
Tensor widened(const Tensor& x) { return is_floating(x.dtype()) ? x : x.to(DType::kI64); }

Tensor floating(ReduceOp op, const char* name, const Tensor& x, DimList dims, double parameter,
                bool keepdim) {
  internal::check_floating(name, "x", x);
  return reduce({op, dims_mask(name, dims, x.ndim()), parameter}, x, keepdim);
}

/// Whether there is a result that no element goes into.
void check_not_empty(const char* op, const Tensor& x, std::uint64_t mask) {
  if (x.numel() == 0 && numel(reduced_shape(x.shape(), mask)) != 0) {
    throw ShapeError("[" + std::string(op) + "] expected at least one element, got " +
                     internal::describe(x));
  }
}

Tensor extreme(ReduceOp op, const char* name, const Tensor& x, DimList dims, bool keepdim) {
  internal::check_defined(name, "x", x);
  const std::uint64_t mask = dims_mask(name, dims, x.ndim());
  check_not_empty(name, x, mask);
  return reduce({op, mask}, x, keepdim);
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
  Tensor out =
      empty(reduced_shape(source.shape(), mask), {.dtype = DType::kI64, .device = x.device()});
  backend(x.device()).arg_reduce(largest, source, dim, out);
  return keepdim && x.ndim() > 0 ? out : drop_dims(out, mask);
}

}  // namespace

Tensor sum(const Tensor& x, DimList dims, bool keepdim) {
  internal::check_defined("sum", "x", x);
  return reduce({ReduceOp::kSum, dims_mask("sum", dims, x.ndim())}, widened(x), keepdim);
}

Tensor mean(const Tensor& x, DimList dims, bool keepdim) {
  return floating(ReduceOp::kMean, "mean", x, dims, 0, keepdim);
}

Tensor prod(const Tensor& x, DimList dims, bool keepdim) {
  internal::check_defined("prod", "x", x);
  return reduce({ReduceOp::kProd, dims_mask("prod", dims, x.ndim())}, widened(x), keepdim);
}

Tensor max(const Tensor& x, DimList dims, bool keepdim) {
  return extreme(ReduceOp::kMax, "max", x, dims, keepdim);
}
Tensor min(const Tensor& x, DimList dims, bool keepdim) {
  return extreme(ReduceOp::kMin, "min", x, dims, keepdim);
}

Tensor any(const Tensor& x, DimList dims, bool keepdim) {
  internal::check_defined("any", "x", x);
  return reduce({ReduceOp::kAny, dims_mask("any", dims, x.ndim())}, x, keepdim);
}
Tensor all(const Tensor& x, DimList dims, bool keepdim) {
  internal::check_defined("all", "x", x);
  return reduce({ReduceOp::kAll, dims_mask("all", dims, x.ndim())}, x, keepdim);
}

Tensor var(const Tensor& x, DimList dims, double correction, bool keepdim) {
  return floating(ReduceOp::kVar, "var", x, dims, correction, keepdim);
}
Tensor stddev(const Tensor& x, DimList dims, double correction, bool keepdim) {
  return floating(ReduceOp::kStd, "stddev", x, dims, correction, keepdim);
}

Tensor norm(const Tensor& x, DimList dims, double p, bool keepdim) {
  internal::check_floating("norm", "x", x);
  if (std::isnan(p)) throw ValueError("[norm] expected a number p, got nan");
  if (std::isinf(p) && p < 0) check_not_empty("norm", x, dims_mask("norm", dims, x.ndim()));
  return floating(ReduceOp::kNorm, "norm", x, dims, p, keepdim);
}

Tensor logsumexp(const Tensor& x, DimList dims, bool keepdim) {
  return floating(ReduceOp::kLogSumExp, "logsumexp", x, dims, 0, keepdim);
}

Tensor cumsum(const Tensor& x, int dim, bool reverse) {
  internal::check_defined("cumsum", "x", x);
  dim = normalize_dim(dim, x.ndim(), "cumsum");
  const Tensor source = widened(x).contiguous();
  Tensor out = empty(x.shape(), source.options());
  if (x.numel() > 0) {
    const Shape shape = around(x.shape(), dim);
    backend(x.device()).cumsum(source.view(shape), reverse, out.view(shape));
  }
  return out;
}

Tensor argmax(const Tensor& x, int dim, bool keepdim) {
  return arg_reduce(true, "argmax", x, dim, keepdim);
}
Tensor argmin(const Tensor& x, int dim, bool keepdim) {
  return arg_reduce(false, "argmin", x, dim, keepdim);
}

Tensor argmax(const Tensor& x) {
  internal::check_defined("argmax", "x", x);
  return argmax(x.flatten(), 0);
}
Tensor argmin(const Tensor& x) {
  internal::check_defined("argmin", "x", x);
  return argmin(x.flatten(), 0);
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
  return reduce({ReduceOp::kSum, mask}, x, true).reshape(shape);
}

}  // namespace tenon
