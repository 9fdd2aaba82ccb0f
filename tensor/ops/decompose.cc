#include <algorithm>
#include <string>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

void check_matrices(const char* op, const Tensor& x) {
  internal::check_defined(op, "x", x);
  if (x.dtype() != DType::kF32 && x.dtype() != DType::kF64) {
    throw DTypeError("[" + std::string(op) + "] expected x of dtype f32 or f64, got " +
                     internal::describe(x));
  }
  if (x.ndim() < 2) {
    throw ShapeError("[" + std::string(op) + "] expected x with at least 2 dimensions, got " +
                     internal::describe(x));
  }
  if (!all_finite(x)) {
    throw ValueError("[" + std::string(op) + "] expected finite elements, got NaN or infinity in " +
                     internal::describe(x));
  }
}

void check_converged(const char* op, const Tensor& x, bool converged) {
  if (converged) return;
  throw ValueError("[" + std::string(op) +
                   "] expected a matrix on which the iteration converges, " + "got " +
                   internal::describe(x));
}

/// The leading dimensions of x and then `last`.
Shape with_last(const Tensor& x, std::initializer_list<std::int64_t> last) {
  Shape shape(std::span<const std::int64_t>(x.shape()).first(x.ndim() - 2));
  for (const std::int64_t size : last) shape.push_back(size);
  return shape;
}

/// x under one leading dimension; a view where x is dense.
Tensor as_batch(const Tensor& x, int kept) {
  Shape shape{-1};
  for (int d = x.ndim() - kept; d < x.ndim(); ++d) shape.push_back(x.shape()[d]);
  return x.reshape(shape);
}

}  // namespace

std::tuple<Tensor, Tensor, Tensor> svd(const Tensor& x) {
  check_matrices("svd", x);
  const std::int64_t m = x.size(-2), n = x.size(-1), k = std::min(m, n);
  const Tensor u = empty(with_last(x, {m, k}), x.options());
  const Tensor s = empty(with_last(x, {k}), x.options());
  const Tensor vh = empty(with_last(x, {k, n}), x.options());
  if (x.numel() > 0) {
    check_converged(
        "svd", x,
        backend(x.device())
            .svd(as_batch(x.contiguous(), 2), as_batch(u, 2), as_batch(s, 1), as_batch(vh, 2)));
  }
  return {u, s, vh};
}

std::tuple<Tensor, Tensor> eigh(const Tensor& x) {
  check_matrices("eigh", x);
  const std::int64_t n = x.size(-1);
  if (x.size(-2) != n) {
    throw ShapeError("[eigh] expected square matrices, got " + internal::describe(x));
  }
  const Tensor values = empty(with_last(x, {n}), x.options());
  const Tensor vectors = empty(with_last(x, {n, n}), x.options());
  if (x.numel() > 0) {
    check_converged(
        "eigh", x,
        backend(x.device())
            .eigh(as_batch(x.contiguous(), 2), as_batch(values, 1), as_batch(vectors, 2)));
  }
  return {values, vectors};
}

}  // namespace tenon
