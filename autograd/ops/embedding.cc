#include "autograd/ops/embedding.h"

#include <utility>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// The gradient [rows,D] of the table, linear in grad; its adjoint reads the rows again.
Variable table_grad(const Variable& grad, const Tensor& indices, std::int64_t rows,
                    std::int64_t padding_index) {
  Tensor y = tenon::embedding_grad(grad.value(), indices, rows, padding_index);
  if (!recording(grad)) return y;
  return record(
      "embedding_grad", std::move(y),
      [padding_index, indices = save(indices)](Gradients& g) {
        const Tensor& at = indices.get(g).value();
        const Variable read = embedding(g.output(), at, padding_index);
        const Tensor counted = tenon::ne(at, static_cast<double>(padding_index));
        g.set(0, mul(read, counted.to(read.dtype()).unsqueeze(-1)));
      },
      grad);
}

}  // namespace

Variable embedding(const Variable& weight, const Tensor& indices, std::int64_t padding_index) {
  Tensor y = tenon::embedding(weight.value(), indices);
  if (!recording(weight)) return y;
  return record(
      "embedding", std::move(y),
      [padding_index, indices = save(indices)](Gradients& g) {
        g.set(0, table_grad(g.output(), indices.get(g).value(), g.shape(0)[0], padding_index));
      },
      weight);
}

}  // namespace tenon::autograd
