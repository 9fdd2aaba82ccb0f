#include "tensor/ops/embedding.h"

#include <string>

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

[[noreturn]] void throw_bad_index(const char* op, const Tensor& indices, std::int64_t position,
                                  std::int64_t rows) {
  const Tensor flat = indices.reshape({-1});
  throw IndexError("[" + std::string(op) + "] expected indices in [0, " + std::to_string(rows) +
                   "), got " + std::to_string(flat.item<std::int64_t>({position})) +
                   " at position " + std::to_string(position) + " of indices " +
                   internal::describe(indices));
}

}  // namespace

Tensor embedding(const Tensor& weight, const Tensor& indices) {
  internal::check_ndim("embedding", "weight", weight, 2);
  internal::check_dtype("embedding", "indices", indices, DType::kI64);
  internal::check_same_device("embedding", weight, indices);
  const std::int64_t count = indices.numel(), width = weight.size(1);
  const Tensor out = empty({1, count, width}, weight.options());
  const std::int64_t bad = backend(weight.device())
                               .index_select(weight.contiguous().unsqueeze(0),
                                             indices.contiguous().reshape({count}), out);
  if (bad >= 0) throw_bad_index("embedding", indices, bad, weight.size(0));
  Shape shape = indices.shape();
  shape.push_back(width);
  return out.reshape(shape);
}

Tensor embedding_grad(const Tensor& grad, const Tensor& indices, std::int64_t rows,
                      std::int64_t padding_index) {
  internal::check_floating("embedding_grad", "grad", grad);
  internal::check_dtype("embedding_grad", "indices", indices, DType::kI64);
  internal::check_same_device("embedding_grad", grad, indices);
  if (rows < 0) {
    throw ValueError("[embedding_grad] expected rows of at least 0, got " + std::to_string(rows));
  }
  Shape shape = indices.shape();
  shape.push_back(grad.ndim() > 0 ? grad.size(-1) : 1);
  internal::check_shape("embedding_grad", "grad", grad, shape);
  const std::int64_t count = indices.numel(), width = shape.back();
  Tensor out = empty({rows, width}, grad.options());
  const std::int64_t bad =
      backend(grad.device())
          .embedding_grad(indices.contiguous().reshape({count}),
                          grad.contiguous().reshape({count, width}), padding_index, out);
  if (bad >= 0) throw_bad_index("embedding_grad", indices, bad, rows);
  return out;
}

}  // namespace tenon
