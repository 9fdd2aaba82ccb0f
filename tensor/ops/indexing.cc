#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

using internal::describe;

[[noreturn]] void throw_bad_index(const char* op, const Tensor& indices, std::int64_t position,
                                  std::int64_t size) {
  throw IndexError("[" + std::string(op) + "] expected indices in [0, " + std::to_string(size) +
                   "), got " +
                   std::to_string(indices.contiguous().view({-1}).item<std::int64_t>({position})) +
                   " at position " + std::to_string(position));
}

/// [outer, size of dim, inner].
Tensor around(const Tensor& x, int dim) {
  if (x.numel() == 0) return x.reshape({0, x.shape()[dim], 0});
  Shape shape{1, x.shape()[dim], 1};
  for (int i = 0; i < x.ndim(); ++i) {
    if (i != dim) shape[i < dim ? 0 : 2] *= x.shape()[i];
  }
  return x.reshape(shape);
}

int check_index_arguments(const char* op, const Tensor& x, int dim, const Tensor& indices) {
  internal::check_defined(op, "x", x);
  internal::check_dtype(op, "indices", indices, DType::kI64);
  internal::check_same_device(op, x, indices);
  if (x.ndim() == 0) {
    throw ShapeError("[" + std::string(op) + "] expected x with dimensions, got a 0-d tensor");
  }
  return normalize_dim(dim, x.ndim(), op);
}

/// gather and scatter_add: `index` has x's rank and is no larger but along `dim`.
void check_index_shape(const char* op, const Tensor& x, int dim, const Tensor& index) {
  internal::check_ndim(op, "index", index, x.ndim());
  for (int i = 0; i < x.ndim(); ++i) {
    if (i != dim && index.shape()[i] > x.shape()[i]) {
      throw ShapeError("[" + std::string(op) + "] expected index no larger than x " +
                       to_string(x.shape()) + " apart from dim " + std::to_string(dim) + ", got " +
                       to_string(index.shape()));
    }
  }
}

/// Checks what is to be joined with the first; returns the dtype that all promote to.
DType joined_dtype(const char* op, std::span<const Tensor> tensors) {
  DType dtype = tensors.front().dtype();
  for (const Tensor& part : tensors) {
    internal::check_defined(op, "tensors[i]", part);
    internal::check_same_device(op, tensors.front(), part);
    dtype = promote(dtype, part.dtype());
  }
  return dtype;
}

}  // namespace

Tensor index_select(const Tensor& x, int dim, const Tensor& indices) {
  dim = check_index_arguments("index_select", x, dim, indices);
  internal::check_ndim("index_select", "indices", indices, 1);
  Shape shape = x.shape();
  shape[dim] = indices.size(0);
  Tensor out = empty(shape, x.options());
  const Tensor source = x.contiguous();
  const std::int64_t bad =
      backend(x.device()).index_select(around(source, dim), indices.contiguous(), around(out, dim));
  if (bad >= 0) throw_bad_index("index_select", indices, bad, x.shape()[dim]);
  return out;
}

Tensor index_add(const Tensor& x, int dim, const Tensor& indices, const Tensor& values) {
  dim = check_index_arguments("index_add", x, dim, indices);
  internal::check_ndim("index_add", "indices", indices, 1);
  internal::check_match("index_add", "x", x, "values", values);
  Shape shape = x.shape();
  shape[dim] = indices.size(0);
  internal::check_shape("index_add", "values", values, shape);
  Tensor out = empty(x.shape(), x.options()).copy_(x);
  const Tensor added = values.contiguous();
  const std::int64_t bad =
      backend(x.device()).index_add(indices.contiguous(), around(added, dim), around(out, dim));
  if (bad >= 0) throw_bad_index("index_add", indices, bad, x.shape()[dim]);
  return out;
}

Tensor gather(const Tensor& x, int dim, const Tensor& index) {
  dim = check_index_arguments("gather", x, dim, index);
  check_index_shape("gather", x, dim, index);
  Tensor out = empty(index.shape(), x.options());
  const std::int64_t bad = backend(x.device()).gather(x, dim, index.contiguous(), out);
  if (bad >= 0) throw_bad_index("gather", index, bad, x.shape()[dim]);
  return out;
}

Tensor scatter_add(const Tensor& x, int dim, const Tensor& index, const Tensor& values) {
  dim = check_index_arguments("scatter_add", x, dim, index);
  check_index_shape("scatter_add", x, dim, index);
  internal::check_match("scatter_add", "x", x, "values", values);
  internal::check_shape("scatter_add", "values", values, index.shape());
  Tensor out = empty(x.shape(), x.options()).copy_(x);
  const std::int64_t bad =
      backend(x.device()).scatter_add(dim, index.contiguous(), values.contiguous(), out);
  if (bad >= 0) throw_bad_index("scatter_add", index, bad, x.shape()[dim]);
  return out;
}

Tensor scatter(const Tensor& x, int dim, const Tensor& index, const Tensor& values) {
  dim = check_index_arguments("scatter", x, dim, index);
  check_index_shape("scatter", x, dim, index);
  internal::check_match("scatter", "x", x, "values", values);
  internal::check_shape("scatter", "values", values, index.shape());
  Tensor out = empty(x.shape(), x.options()).copy_(x);
  const std::int64_t bad =
      backend(x.device()).scatter(dim, index.contiguous(), values.contiguous(), out);
  if (bad >= 0) throw_bad_index("scatter", index, bad, x.shape()[dim]);
  return out;
}

Tensor scatter(const Tensor& x, int dim, const Tensor& index, double value) {
  check_index_arguments("scatter", x, dim, index);
  return scatter(x, dim, index, full(index.shape(), value, x.options()));
}

Tensor take_along_dim(const Tensor& x, const Tensor& index, int dim) {
  dim = check_index_arguments("take_along_dim", x, dim, index);
  internal::check_ndim("take_along_dim", "index", index, x.ndim());
  const auto with_size = [dim](Shape shape, std::int64_t size) {
    shape[dim] = size;
    return shape;
  };
  const Shape common =
      broadcast_shapes(with_size(x.shape(), 1), with_size(index.shape(), 1), "take_along_dim");
  const Tensor from = x.expand(with_size(common, x.shape()[dim]));
  const Tensor places = index.expand(with_size(common, index.shape()[dim])).contiguous();
  Tensor out = empty(places.shape(), x.options());
  const std::int64_t bad = backend(x.device()).gather(from, dim, places, out);
  if (bad >= 0) throw_bad_index("take_along_dim", places, bad, x.shape()[dim]);
  return out;
}

Tensor masked_fill(const Tensor& x, const Tensor& mask, double value) {
  internal::check_defined("masked_fill", "x", x);
  internal::check_dtype("masked_fill", "mask", mask, DType::kBool);
  internal::check_same_device("masked_fill", x, mask);
  broadcast_shapes(x.shape(), mask.shape(), "masked_fill");
  return where(mask, scalar(value, x.options()), x);
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  internal::check_defined("masked_select", "x", x);
  internal::check_dtype("masked_select", "mask", mask, DType::kBool);
  internal::check_same_device("masked_select", x, mask);
  const Shape shape = broadcast_shapes(x.shape(), mask.shape(), "masked_select");
  const Tensor places = nonzero(mask.expand(shape).reshape({-1}));
  return index_select(x.expand(shape).reshape({-1}), 0, places.reshape({-1}));
}

Tensor nonzero(const Tensor& x) {
  internal::check_defined("nonzero", "x", x);
  const Tensor mask = (x.dtype() == DType::kBool ? x : ne(x, 0)).contiguous();
  const auto count = sum(mask).item<std::int64_t>();
  const Tensor out = empty({count, x.ndim()}, {.dtype = DType::kI64, .device = x.device()});
  backend(x.device()).nonzero(mask, out);
  return out;
}

Tensor one_hot(const Tensor& indices, std::int64_t classes, DType dtype) {
  internal::check_dtype("one_hot", "indices", indices, DType::kI64);
  if (classes < 1) {
    throw ValueError("[one_hot] expected classes of at least 1, got " + std::to_string(classes));
  }
  Shape shape = indices.shape();
  shape.push_back(classes);
  const TensorOptions options{.dtype = dtype, .device = indices.device()};
  Tensor out = zeros(shape, options);
  const Tensor index = indices.unsqueeze(-1).contiguous();
  const std::int64_t bad =
      backend(indices.device())
          .scatter_add(indices.ndim(), index, ones(index.shape(), options), out);
  if (bad >= 0) throw_bad_index("one_hot", indices, bad, classes);
  return out;
}

Tensor cat(std::span<const Tensor> tensors, int dim) {
  if (tensors.empty()) throw ValueError("[cat] expected at least one tensor, got none");
  const Tensor& first = tensors[0];
  internal::check_defined("cat", "tensors[0]", first);
  if (first.ndim() == 0) throw ShapeError("[cat] expected tensors with dimensions, got a 0-d one");
  dim = normalize_dim(dim, first.ndim(), "cat");
  const DType dtype = joined_dtype("cat", tensors);
  Shape shape = first.shape();
  shape[dim] = 0;
  for (const Tensor& part : tensors) {
    Shape expected = first.shape();
    if (part.ndim() == first.ndim()) expected[dim] = part.shape()[dim];
    internal::check_shape("cat", "tensors[i]", part, expected);
    if (__builtin_add_overflow(shape[dim], part.shape()[dim], &shape[dim])) {
      throw ShapeError("[cat] expected at most 2^63 - 1 elements, got more along dim " +
                       std::to_string(dim));
    }
  }
  Tensor out = empty(shape, {.dtype = dtype, .device = first.device()});
  std::int64_t begin = 0;
  for (const Tensor& part : tensors) {
    out.narrow(dim, begin, part.shape()[dim]).copy_(part);
    begin += part.shape()[dim];
  }
  return out;
}

Tensor stack(std::span<const Tensor> tensors, int dim) {
  if (tensors.empty()) throw ValueError("[stack] expected at least one tensor, got none");
  const Tensor& first = tensors[0];
  internal::check_defined("stack", "tensors[0]", first);
  dim = normalize_dim(dim, first.ndim() + 1, "stack");
  const DType dtype = joined_dtype("stack", tensors);
  for (const Tensor& part : tensors) {
    internal::check_shape("stack", "tensors[i]", part, first.shape());
  }
  Shape shape = first.shape();
  shape.insert(dim, static_cast<std::int64_t>(tensors.size()));
  Tensor out = empty(shape, {.dtype = dtype, .device = first.device()});
  std::int64_t i = 0;
  for (const Tensor& part : tensors) out.select(dim, i++).copy_(part);
  return out;
}

}  // namespace tenon
