#include "tensor/ops/sorting.h"

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

/// The first k along `dim` (in range; x is not 0-d), by rows of a tensor with `dim` last.
Ordered first_of(const Tensor& x, std::int64_t k, int dim, bool descending) {
  const Tensor rows = x.transpose(dim, -1).contiguous();
  Shape shape = rows.shape();
  shape[x.ndim() - 1] = k;
  Tensor values = empty(shape, x.options());
  Tensor indices = empty(shape, {.dtype = DType::kI64, .device = x.device()});
  if (values.numel() > 0) {
    const std::int64_t size = rows.size(-1), count = rows.numel() / size;
    backend(x.device())
        .sort(rows.view({count, size}), descending, values.view({count, k}),
              indices.view({count, k}));
  }
  return {values.transpose(dim, -1).contiguous(), indices.transpose(dim, -1).contiguous()};
}

}  // namespace

Ordered sort(const Tensor& x, int dim, bool descending) {
  internal::check_numeric("sort", "x", x);
  dim = normalize_dim(dim, x.ndim(), "sort");
  if (x.ndim() == 0) return {x.clone(), zeros({}, {.dtype = DType::kI64, .device = x.device()})};
  return first_of(x, x.size(dim), dim, descending);
}

Ordered topk(const Tensor& x, std::int64_t k, int dim, bool largest) {
  internal::check_numeric("topk", "x", x);
  dim = normalize_dim(dim, x.ndim(), "topk");
  const std::int64_t size = x.ndim() == 0 ? 1 : x.size(dim);
  if (k < 0 || k > size) {
    throw ValueError("[topk] expected k from 0 to " + std::to_string(size) + " (dim " +
                     std::to_string(dim) + " of x " + internal::describe(x) + "), got " +
                     std::to_string(k));
  }
  if (x.ndim() > 0) return first_of(x, k, dim, largest);
  const Ordered one = first_of(x.reshape({1}), k, 0, largest);
  return k == 0 ? one : Ordered{one.values.reshape({}), one.indices.reshape({})};
}

}  // namespace tenon
