#include "tensor/ops/rearrange.h"

#include <algorithm>
#include <string>

#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

/// x on one side of a diagonal, and on it; else 0.
Tensor triangle(const char* op, const Tensor& x, std::int64_t diagonal, bool lower) {
  internal::check_defined(op, "x", x);
  if (x.ndim() < 2) {
    throw ShapeError("[" + std::string(op) + "] expected at least 2 dimensions, got " +
                     internal::describe(x));
  }
  const std::int64_t rows = x.size(-2), columns = x.size(-1);
  // Beyond the corners every diagonal does the same.
  diagonal = std::clamp(diagonal, -rows - 1, columns + 1);
  const TensorOptions options{.dtype = DType::kI64, .device = x.device()};
  const Tensor row = arange(0, static_cast<double>(rows), 1, options).unsqueeze(1);
  const Tensor column = arange(0, static_cast<double>(columns), 1, options);
  const Tensor last = add(row, full({}, static_cast<double>(diagonal), options));
  const Tensor keep = lower ? le(column, last) : ge(column, last);
  return where(keep, x, scalar(0, x.options()));
}

}  // namespace

Tensor flip(const Tensor& x, std::span<const int> dims) {
  internal::check_defined("flip", "x", x);
  Strides strides = x.strides();
  std::int64_t offset = x.offset();
  std::uint64_t seen = 0;
  for (const int dim : dims) {
    const int d = normalize_dim(dim, x.ndim(), "flip");
    if ((seen >> d & 1) != 0) {
      throw ShapeError("[flip] expected each dimension once, got " + std::to_string(d) + " twice");
    }
    seen |= std::uint64_t{1} << d;
    if (x.ndim() == 0) continue;
    offset += strides[d] * (x.shape()[d] - 1);
    strides[d] = -strides[d];
  }
  if (x.numel() == 0) return empty_like(x);
  return empty_like(x).copy_(Tensor(x.storage(), x.shape(), strides, offset, x.dtype()));
}

Tensor roll(const Tensor& x, std::int64_t shift, int dim) {
  internal::check_defined("roll", "x", x);
  if (x.ndim() == 0) throw ShapeError("[roll] expected x with dimensions, got a 0-d tensor");
  dim = normalize_dim(dim, x.ndim(), "roll");
  const std::int64_t size = x.shape()[dim];
  const Tensor out = empty_like(x);
  if (x.numel() == 0) return out;
  const std::int64_t up = (shift % size + size) % size;
  out.narrow(dim, 0, up).copy_(x.narrow(dim, size - up, up));
  out.narrow(dim, up, size - up).copy_(x.narrow(dim, 0, size - up));
  return out;
}

Tensor repeat(const Tensor& x, const Shape& counts) {
  internal::check_defined("repeat", "x", x);
  const int lead = counts.size() - x.ndim();
  bool valid = lead >= 0;
  for (const std::int64_t count : counts) valid = valid && count >= 0;
  if (!valid) {
    throw ShapeError("[repeat] expected a count of at least 0 for each dimension of " +
                     to_string(x.shape()) + ", got " + to_string(counts));
  }
  // [count, size] of each dimension: x repeated without copying, and the result as it is filled.
  Shape shape, pairs, once;
  for (int d = 0; d < counts.size(); ++d) {
    const std::int64_t size = d < lead ? 1 : x.shape()[d - lead];
    std::int64_t total = 0;
    if (__builtin_mul_overflow(counts[d], size, &total)) {
      throw ShapeError("[repeat] expected at most 2^63 - 1 elements, got " + to_string(x.shape()) +
                       " repeated " + to_string(counts));
    }
    shape.push_back(total);
    pairs.push_back(counts[d]);
    pairs.push_back(size);
    once.push_back(1);
    once.push_back(size);
  }
  const Tensor out = empty(shape, x.options());
  if (out.numel() > 0) out.view(pairs).copy_(x.reshape(once));
  return out;
}

Tensor tril(const Tensor& x, std::int64_t diagonal) { return triangle("tril", x, diagonal, true); }
Tensor triu(const Tensor& x, std::int64_t diagonal) { return triangle("triu", x, diagonal, false); }

}  // namespace tenon
