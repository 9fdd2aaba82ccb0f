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

}  // namespace

Tensor index_select(const Tensor& x, int dim, const Tensor& indices) {
  dim = check_index_arguments("index_select", x, dim, indices);
  internal::check_ndim("index_select", "indices", indices, 1);
  Shape shape = x.shape();
  shape[dim] = indices.size(0);
  Tensor out = empty(shape, x.options());
  const Tensor source = x.contiguous();
  const std::int64_t bad = backend(x.device()).index_select(
      around(source, dim), indices.contiguous(), around(out, dim));
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
  const std::int64_t bad = backend(x.device()).index_add(indices.contiguous(), around(added, dim),
                                                         around(out, dim));
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
  const std::int64_t bad = backend(indices.device())
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
  Shape shape = first.shape();
  shape[dim] = 0;
  for (const Tensor& part : tensors) {
    internal::check_match("cat", "tensors[0]", first, "tensors[i]", part);
    Shape expected = first.shape();
    if (part.ndim() == first.ndim()) expected[dim] = part.shape()[dim];
    internal::check_shape("cat", "tensors[i]", part, expected);
    shape[dim] += part.shape()[dim];
  }
  Tensor out = empty(shape, first.options());
  std::int64_t begin = 0;
  for (const Tensor& part : tensors) {
    out.narrow(dim, begin, part.shape()[dim]).copy_(part);
    begin += part.shape()[dim];
  }
  return out;
}

Tensor stack(std::span<const Tensor> tensors, int dim) {
  std::vector<Tensor> parts;
  for (const Tensor& part : tensors) {
    internal::check_defined("stack", "tensors[i]", part);
    parts.push_back(part.unsqueeze(dim));
  }
  if (parts.empty()) throw ValueError("[stack] expected at least one tensor, got none");
  return cat(parts, dim);
}

}  // namespace tenon
