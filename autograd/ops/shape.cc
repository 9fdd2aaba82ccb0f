#include <string>
#include <utility>
#include <vector>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

const Tensor& checked_value(const char* op, const Variable& x) {
  if (x.defined()) return x.value();
  throw ValueError("[" + std::string(op) + "] expected x to be a tensor, got an undefined one");
}

/// Records a result with the elements of x in row-major order under another shape.
Variable reshaped(const char* name, Tensor y, const Variable& x) {
  if (!recording(x)) return y;
  return record(
      name, std::move(y), [](Gradients& g) { g.set(0, reshape(g.output(), g.shape(0))); }, x);
}

/// Zeros of `shape` with x where slice(…, dim, begin, end, step) reads: slice's adjoint.
Variable slice_adjoint(const Variable& x, const Shape& shape, int dim, std::int64_t begin,
                       std::int64_t end, std::int64_t step) {
  Tensor y = tenon::zeros(shape, x.value().options());
  y.slice(dim, begin, end, step).copy_(x.value());
  if (!recording(x)) return y;
  return record(
      "slice_adjoint", std::move(y),
      [dim, begin, end, step](Gradients& g) { g.set(0, slice(g.output(), dim, begin, end, step)); },
      x);
}

}  // namespace

Variable reshape(const Variable& x, const Shape& shape) {
  return reshaped("reshape", checked_value("reshape", x).reshape(shape), x);
}

Variable flatten(const Variable& x, int first, int last) {
  return reshaped("flatten", checked_value("flatten", x).flatten(first, last), x);
}

Variable transpose(const Variable& x, int dim0, int dim1) {
  Tensor y = checked_value("transpose", x).transpose(dim0, dim1);
  if (!recording(x)) return y;
  return record(
      "transpose", std::move(y),
      [dim0, dim1](Gradients& g) { g.set(0, transpose(g.output(), dim0, dim1)); }, x);
}

Variable permute(const Variable& x, std::span<const int> order) {
  Tensor y = checked_value("permute", x).permute(order);
  if (!recording(x)) return y;
  std::vector<int> inverse(order.size());
  for (int i = 0; i < y.ndim(); ++i) {
    inverse[static_cast<std::size_t>(normalize_dim(order[i], y.ndim(), "permute"))] = i;
  }
  return record(
      "permute", std::move(y),
      [inverse = std::move(inverse)](Gradients& g) { g.set(0, permute(g.output(), inverse)); }, x);
}

Variable expand(const Variable& x, const Shape& shape) {
  Tensor y = checked_value("expand", x).expand(shape);
  if (!recording(x)) return y;
  return record(
      "expand", std::move(y), [](Gradients& g) { g.set_broadcast(0, g.output()); }, x);
}

Variable slice(const Variable& x, int dim, std::int64_t begin, std::int64_t end,
               std::int64_t step) {
  Tensor y = checked_value("slice", x).slice(dim, begin, end, step);
  if (!recording(x)) return y;
  return record(
      "slice", std::move(y),
      [dim, begin, end, step](Gradients& g) {
        g.set(0, slice_adjoint(g.output(), g.shape(0), dim, begin, end, step));
      },
      x);
}

Variable select(const Variable& x, int dim, std::int64_t index) {
  Tensor y = checked_value("select", x).select(dim, index);
  if (!recording(x)) return y;
  const int d = normalize_dim(dim, x.ndim(), "select");
  const std::int64_t i = index < 0 ? index + x.size(d) : index;
  return record(
      "select", std::move(y),
      [d, i](Gradients& g) {
        g.set(0, slice_adjoint(unsqueeze(g.output(), d), g.shape(0), d, i, i + 1, 1));
      },
      x);
}

Variable squeeze(const Variable& x, int dim) {
  return reshaped("squeeze", checked_value("squeeze", x).squeeze(dim), x);
}

Variable unsqueeze(const Variable& x, int dim) {
  return reshaped("unsqueeze", checked_value("unsqueeze", x).unsqueeze(dim), x);
}

Variable cat(std::span<const Variable> variables, int dim) {
  std::vector<Tensor> values;
  for (const Variable& variable : variables) values.push_back(variable.value());
  Tensor y = tenon::cat(values, dim);
  if (!recording(variables)) return y;
  std::vector<std::int64_t> sizes;
  for (const Tensor& value : values) sizes.push_back(value.size(dim));
  auto rule = [dim, sizes = std::move(sizes)](Gradients& g) {
    std::int64_t begin = 0;
    for (int i = 0; i < static_cast<int>(sizes.size()); ++i) {
      const std::int64_t end = begin + sizes[static_cast<std::size_t>(i)];
      if (g.needs(i)) g.set_broadcast(i, slice(g.output(), dim, begin, end));
      begin = end;
    }
  };
  return record_all("cat", {std::move(y)}, std::move(rule), variables).front();
}

Variable to(const Variable& x, DType dtype) {
  if (checked_value("to", x).dtype() == dtype) return x;
  Tensor y = x.value().to(dtype);
  if (!recording(x)) return y;
  return record(
      "to", std::move(y), [](Gradients& g) { g.set(0, to(g.output(), g.dtype(0))); }, x);
}

}  // namespace tenon::autograd
