#include "tensor/ops/embedding.h"

#include <string>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

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

/// Category k of each row: [N] i64.
Tensor category(const Tensor& rows, std::int64_t numbers, std::size_t k) {
  return rows.select(1, numbers + static_cast<std::int64_t>(k)).to(DType::kI64);
}

void check_columns(const char* op, const Tensor& rows, std::int64_t numbers, std::size_t tables) {
  internal::check_floating(op, "rows", rows);
  const auto categories = static_cast<std::int64_t>(tables);
  if (rows.ndim() == 2 && numbers >= 0 && rows.size(1) == numbers + categories) return;
  throw ShapeError("[" + std::string(op) + "] expected rows [N," +
                   std::to_string(numbers + categories) + "] (" + std::to_string(numbers) +
                   " numbers, " + std::to_string(categories) + " tables), got rows " +
                   internal::describe(rows));
}

/// A device that works by itself says so when the host waits for it.
void check_category(const Tensor& ids, std::int64_t values, std::size_t column) {
  if (!ids.device().is_cpu()) return;
  const Tensor dense = ids.contiguous();
  const auto* id = dense.data<std::int64_t>();
  for (std::int64_t i = 0; i < dense.numel(); ++i) {
    if (id[i] >= 0 && id[i] < values) continue;
    throw IndexError("[embed_columns] expected categories in [0, " + std::to_string(values) +
                     ") in column " + std::to_string(column) + ", got " + std::to_string(id[i]) +
                     " in row " + std::to_string(i));
  }
}

Tensor with_dense_columns(const Tensor& rows) {
  return rows.strides()[1] == 1 ? rows : rows.contiguous();
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

Tensor embed_columns(const Tensor& rows, std::int64_t numbers, std::span<const Tensor> tables) {
  check_columns("embed_columns", rows, numbers, tables.size());
  std::int64_t width = numbers;
  std::vector<Tensor> dense;
  for (const Tensor& table : tables) {
    internal::check_floating("embed_columns", "table", table);
    internal::check_ndim("embed_columns", "table", table, 2);
    internal::check_same_device("embed_columns", rows, table);
    width += table.size(1);
    dense.push_back(table.contiguous());
  }
  const Tensor out = empty({rows.size(0), width}, rows.options());
  const Tensor source = with_dense_columns(rows);
  const EmbedColumnsArgs args{.rows = source, .numbers = numbers, .tables = dense};
  if (backend(rows.device()).embed_columns(args, out)) return out;
  std::vector<Tensor> parts;
  if (numbers > 0) parts.push_back(rows.slice(1, 0, numbers));
  for (std::size_t k = 0; k < dense.size(); ++k) {
    const Tensor ids = category(rows, numbers, k);
    check_category(ids, dense[k].size(0), static_cast<std::size_t>(numbers) + k);
    parts.push_back(embedding(dense[k], ids));
  }
  return parts.empty() ? out : cat(parts, 1);
}

std::vector<Tensor> embed_columns_grads(const Tensor& grad, const Tensor& rows,
                                        std::int64_t numbers, std::span<const Shape> tables) {
  check_columns("embed_columns_grads", rows, numbers, tables.size());
  internal::check_floating("embed_columns_grads", "grad", grad);
  internal::check_same_device("embed_columns_grads", grad, rows);
  std::int64_t width = numbers;
  std::vector<Tensor> grads;
  for (const Shape& table : tables) {
    grads.push_back(empty(table, grad.options()));
    width += table[1];
  }
  internal::check_shape("embed_columns_grads", "grad", grad, {rows.size(0), width});
  const Tensor source = with_dense_columns(rows);
  const EmbedColumnsArgs args{.rows = source, .numbers = numbers, .tables = grads};
  if (backend(grad.device()).embed_columns_grad(grad.contiguous(), args)) return grads;
  std::int64_t at = numbers;
  for (std::size_t k = 0; k < grads.size(); ++k) {
    const Tensor part = grad.slice(1, at, at + tables[k][1]);
    grads[k] = embedding_grad(part, category(rows, numbers, k), tables[k][0]);
    at += tables[k][1];
  }
  return grads;
}

}  // namespace tenon
