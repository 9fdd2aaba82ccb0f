// Parts of tensors, and tensors from parts.
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

/// Zeros of `shape` with x on a diagonal: diagonal's adjoint.
Variable diagonal_adjoint(const Variable& x, const Shape& shape, std::int64_t offset, int dim0,
                          int dim1) {
  Tensor y = tenon::zeros(shape, x.value().options());
  y.diagonal(offset, dim0, dim1).copy_(x.value());
  if (!recording(x)) return y;
  return record(
      "diagonal_adjoint", std::move(y),
      [=](Gradients& g) { g.set(0, diagonal(g.output(), offset, dim0, dim1)); }, x);
}

/// Records parts of x that lie side by side along `dim`: one node, whose rule puts the gradients of
/// the parts together again.
std::vector<Variable> record_parts(const char* name, std::vector<Tensor> parts, const Variable& x,
                                   int dim) {
  if (!recording(x)) {
    std::vector<Variable> views;
    for (Tensor& part : parts) views.push_back(unrecorded_view(std::move(part), x));
    return views;
  }
  std::vector<std::int64_t> sizes;
  for (const Tensor& part : parts) sizes.push_back(part.size(dim));
  auto rule = [dim = normalize_dim(dim, x.ndim(), name), sizes = std::move(sizes),
               options = x.value().options()](Gradients& g) {
    std::vector<Variable> grads;
    for (int i = 0; i < g.num_outputs(); ++i) {
      Shape shape = g.shape(0);
      shape[dim] = sizes[static_cast<std::size_t>(i)];
      grads.push_back(g.output(i).defined() ? g.output(i) : Variable(zeros(shape, options)));
    }
    g.set(0, cat(grads, dim));
  };
  return record_all(name, std::move(parts), std::move(rule), {&x, 1});
}

}  // namespace

Variable slice(const Variable& x, int dim, std::int64_t begin, std::int64_t end,
               std::int64_t step) {
  Tensor y = checked_value("slice", x).slice(dim, begin, end, step);
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      "slice", std::move(y),
      [dim, begin, end, step](Gradients& g) {
        g.set(0, slice_adjoint(g.output(), g.shape(0), dim, begin, end, step));
      },
      x);
}

Variable select(const Variable& x, int dim, std::int64_t index) {
  Tensor y = checked_value("select", x).select(dim, index);
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  const int d = normalize_dim(dim, x.ndim(), "select");
  const std::int64_t i = index < 0 ? index + x.size(d) : index;
  return record(
      "select", std::move(y),
      [d, i](Gradients& g) {
        g.set(0, slice_adjoint(unsqueeze(g.output(), d), g.shape(0), d, i, i + 1, 1));
      },
      x);
}

Variable narrow(const Variable& x, int dim, std::int64_t begin, std::int64_t length) {
  Tensor y = checked_value("narrow", x).narrow(dim, begin, length);
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      "narrow", std::move(y),
      [dim, begin, length](Gradients& g) {
        g.set(0, slice_adjoint(g.output(), g.shape(0), dim, begin, begin + length, 1));
      },
      x);
}

std::vector<Variable> split(const Variable& x, std::int64_t size, int dim) {
  return record_parts("split", checked_value("split", x).split(size, dim), x, dim);
}

std::vector<Variable> split(const Variable& x, std::span<const std::int64_t> sizes, int dim) {
  return record_parts("split", checked_value("split", x).split(sizes, dim), x, dim);
}

std::vector<Variable> chunk(const Variable& x, std::int64_t count, int dim) {
  return record_parts("chunk", checked_value("chunk", x).chunk(count, dim), x, dim);
}

Variable diagonal(const Variable& x, std::int64_t offset, int dim0, int dim1) {
  Tensor y = checked_value("diagonal", x).diagonal(offset, dim0, dim1);
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      "diagonal", std::move(y),
      [=](Gradients& g) { g.set(0, diagonal_adjoint(g.output(), g.shape(0), offset, dim0, dim1)); },
      x);
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

Variable stack(std::span<const Variable> variables, int dim) {
  std::vector<Tensor> values;
  for (const Variable& variable : variables) values.push_back(variable.value());
  Tensor y = tenon::stack(values, dim);
  if (!recording(variables)) return y;
  auto rule = [dim, count = static_cast<int>(variables.size())](Gradients& g) {
    for (int i = 0; i < count; ++i) {
      if (g.needs(i)) g.set_broadcast(i, select(g.output(), dim, i));
    }
  };
  return record_all("stack", {std::move(y)}, std::move(rule), variables).front();
}

}  // namespace tenon::autograd
