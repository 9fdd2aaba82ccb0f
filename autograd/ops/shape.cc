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
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      name, std::move(y), [](Gradients& g) { g.set(0, reshape(g.output(), g.shape(0))); }, x);
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
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      "transpose", std::move(y),
      [dim0, dim1](Gradients& g) { g.set(0, transpose(g.output(), dim0, dim1)); }, x);
}

Variable permute(const Variable& x, std::span<const int> order) {
  Tensor y = checked_value("permute", x).permute(order);
  if (!recording(x)) return unrecorded_view(std::move(y), x);
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
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      "expand", std::move(y), [](Gradients& g) { g.set_broadcast(0, g.output()); }, x);
}

Variable squeeze(const Variable& x, int dim) {
  return reshaped("squeeze", checked_value("squeeze", x).squeeze(dim), x);
}

Variable unsqueeze(const Variable& x, int dim) {
  return reshaped("unsqueeze", checked_value("unsqueeze", x).unsqueeze(dim), x);
}

Variable unflatten(const Variable& x, int dim, const Shape& sizes) {
  return reshaped("unflatten", checked_value("unflatten", x).unflatten(dim, sizes), x);
}

Variable movedim(const Variable& x, int from, int to) {
  Tensor y = checked_value("movedim", x).movedim(from, to);
  if (!recording(x)) return unrecorded_view(std::move(y), x);
  return record(
      "movedim", std::move(y),
      [from, to](Gradients& g) { g.set(0, movedim(g.output(), to, from)); }, x);
}

Variable to(const Variable& x, DType dtype) {
  if (checked_value("to", x).dtype() == dtype) return x;
  Tensor y = x.value().to(dtype);
  if (!recording(x)) return y;
  return record(
      "to", std::move(y), [](Gradients& g) { g.set(0, to(g.output(), g.dtype(0))); }, x);
}

Variable to(const Variable& x, Layout layout) {
  Tensor y = checked_value("to", x).to(layout);
  if (x.value().is_contiguous(layout)) return x;
  if (!recording(x)) return y;
  return record(
      "to", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, x);
}

Variable clone(const Variable& x) {
  Tensor y = checked_value("clone", x).clone();
  if (!recording(x)) return y;
  return record(
      "clone", std::move(y), [](Gradients& g) { g.set(0, g.output()); }, x);
}

}  // namespace tenon::autograd
