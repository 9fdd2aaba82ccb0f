#include "autograd/ops/embedding.h"

#include <utility>
#include <vector>

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

/// What embed_columns saves for its derivative, and that: of input 0, the rows, and of the tables.
struct EmbedColumnsRule {
  std::int64_t numbers;
  std::vector<Shape> tables;
  SavedVariable rows;

  void operator()(Gradients& g) const {
    const Variable& from = rows.get(g);
    if (g.needs(0)) set_rows(g);
    if (!g.create_graph()) {
      std::vector<Tensor> grads =
          tenon::embed_columns_grads(g.output().value(), from.value(), numbers, tables);
      for (std::size_t k = 0; k < grads.size(); ++k) {
        g.set_broadcast(static_cast<int>(k) + 1, std::move(grads[k]));
      }
      return;
    }
    std::int64_t at = numbers;
    for (std::size_t k = 0; k < tables.size(); ++k) {
      const Tensor ids =
          from.value().select(1, numbers + static_cast<std::int64_t>(k)).to(DType::kI64);
      const Variable part = slice(g.output(), 1, at, at + tables[k][1]);
      g.set_broadcast(static_cast<int>(k) + 1, table_grad(part, ids, tables[k][0], -1));
      at += tables[k][1];
    }
  }

 private:
  void set_rows(Gradients& g) const {
    const auto categories = static_cast<std::int64_t>(tables.size());
    const Tensor none = tenon::zeros({g.shape(0)[0], categories}, g.output().value().options());
    const std::vector<Variable> parts = {slice(g.output(), 1, 0, numbers), none};
    g.set_broadcast(0, cat(parts, 1));
  }
};

}  // namespace

Variable embed_columns(const Variable& rows, std::int64_t numbers,
                       std::span<const Variable> tables) {
  std::vector<Tensor> values;
  std::vector<Shape> shapes;
  std::vector<Variable> inputs = {rows};
  for (const Variable& table : tables) {
    values.push_back(table.value());
    inputs.push_back(table);
  }
  Tensor y = tenon::embed_columns(rows.value(), numbers, values);
  if (!recording(std::span<const Variable>(inputs))) return y;
  for (const Tensor& table : values) shapes.push_back(table.shape());
  return std::move(record_all("embed_columns", {std::move(y)},
                              EmbedColumnsRule{numbers, std::move(shapes), save(rows)}, inputs)
                       .front());
}

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
