#include <algorithm>
#include <cstdint>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// `shape` with the reduced dimensions at size 1: what a reduction with keepdim gives.
Shape kept_shape(const Shape& shape, std::span<const int> dims) {
  if (dims.empty()) return Shape::filled(shape.size(), 1);
  Shape kept = shape;
  for (const int dim : dims) kept[normalize_dim(dim, shape.size(), "reduce")] = 1;
  return kept;
}

using Reduce = Tensor (*)(const Tensor&, std::span<const int>, bool);

Variable extremum(const char* name, Reduce reduce, const Variable& x, std::span<const int> dims,
                  bool keepdim) {
  Tensor y = reduce(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  const SavedVariable saved_y = save_output(y);
  const Shape kept = kept_shape(x.shape(), dims);
  return record(
      name, std::move(y),
      [x = save(x), y = saved_y, kept](Gradients& g) {
        const Tensor& values = x.get(g).value();
        const Tensor best = tenon::eq(values, y.get(g).value().reshape(kept)).to(values.dtype());
        const Tensor share = tenon::div(best, tenon::sum_to(best, kept));
        g.set(0, mul(reshape(g.output(), kept), share));
      },
      x);
}

}  // namespace

Variable sum(const Variable& x, std::span<const int> dims, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("sum"), [&](const Variable& high) { return sum(high, dims, keepdim); },
        x);
  }
  Tensor y = tenon::sum(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  return record(
      "sum", std::move(y),
      [kept = kept_shape(x.shape(), dims)](Gradients& g) {
        g.set(0, expand(reshape(g.output(), kept), g.shape(0)));
      },
      x);
}

Variable mean(const Variable& x, std::span<const int> dims, bool keepdim) {
  if (autocasting()) {
    return autocast(
        autocast_precision("mean"), [&](const Variable& high) { return mean(high, dims, keepdim); },
        x);
  }
  Tensor y = tenon::mean(x.value(), dims, keepdim);
  if (!recording(x)) return y;
  return record(
      "mean", std::move(y),
      [kept = kept_shape(x.shape(), dims)](Gradients& g) {
        const std::int64_t elements = numel(g.shape(0));
        // At least one per result: the mean of nothing has no derivative to divide.
        const auto count =
            std::max<std::int64_t>(1, elements / std::max<std::int64_t>(1, numel(kept)));
        g.set(0, expand(div(reshape(g.output(), kept), static_cast<double>(count)), g.shape(0)));
      },
      x);
}

Variable max(const Variable& x, std::span<const int> dims, bool keepdim) {
  return extremum("max", &tenon::max, x, dims, keepdim);
}

Variable min(const Variable& x, std::span<const int> dims, bool keepdim) {
  return extremum("min", &tenon::min, x, dims, keepdim);
}

Variable sum_to(const Variable& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  Tensor y = tenon::sum_to(x.value(), shape);
  if (!recording(x)) return y;
  return record(
      "sum_to", std::move(y), [](Gradients& g) { g.set(0, expand(g.output(), g.shape(0))); }, x);
}

}  // namespace tenon::autograd
