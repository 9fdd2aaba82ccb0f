#include <utility>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// Whether each value that scatter writes stays: whether no later one meets the same place.
Tensor winners(const Shape& shape, int dim, const Tensor& index) {
  const Tensor order = arange(0, static_cast<double>(index.numel())).reshape(index.shape());
  const Tensor last = zeros(shape, {.dtype = DType::kI64});
  const Tensor place = index.to(kCpu);
  return eq(gather(tenon::scatter(last, dim, place, order), dim, place), order).to(index.device());
}

}  // namespace

Variable index_select(const Variable& x, int dim, const Tensor& indices) {
  Tensor y = tenon::index_select(x.value(), dim, indices);
  if (!recording(x)) return y;
  return record(
      "index_select", std::move(y),
      [dim, indices = save(indices)](Gradients& g) {
        g.set(0, index_add(g.zeros(0), dim, indices.get(g).value(), g.output()));
      },
      x);
}

Variable index_add(const Variable& x, int dim, const Tensor& indices, const Variable& values) {
  Tensor y = tenon::index_add(x.value(), dim, indices, values.value());
  if (!recording(x, values)) return y;
  return record(
      "index_add", std::move(y),
      [dim, indices = save(indices)](Gradients& g) {
        g.set_broadcast(0, g.output());
        if (g.needs(1)) {
          g.set_broadcast(1, index_select(g.output(), dim, indices.get(g).value()));
        }
      },
      x, values);
}

Variable gather(const Variable& x, int dim, const Tensor& index) {
  Tensor y = tenon::gather(x.value(), dim, index);
  if (!recording(x)) return y;
  return record(
      "gather", std::move(y),
      [dim, index = save(index)](Gradients& g) {
        g.set(0, scatter_add(g.zeros(0), dim, index.get(g).value(), g.output()));
      },
      x);
}

Variable scatter_add(const Variable& x, int dim, const Tensor& index, const Variable& values) {
  Tensor y = tenon::scatter_add(x.value(), dim, index, values.value());
  if (!recording(x, values)) return y;
  return record(
      "scatter_add", std::move(y),
      [dim, index = save(index)](Gradients& g) {
        g.set_broadcast(0, g.output());
        if (g.needs(1)) g.set_broadcast(1, gather(g.output(), dim, index.get(g).value()));
      },
      x, values);
}

Variable scatter(const Variable& x, int dim, const Tensor& index, const Variable& values) {
  Tensor y = tenon::scatter(x.value(), dim, index, values.value());
  if (!recording(x, values)) return y;
  return record(
      "scatter", std::move(y),
      [dim, index = save(index)](Gradients& g) {
        const Tensor& places = index.get(g).value();
        if (g.needs(0)) {
          const Variable nothing = zeros(places.shape(), g.output().value().options());
          g.set(0, scatter(g.output(), dim, places, nothing));
        }
        if (!g.needs(1)) return;
        const Tensor stays = winners(g.output().shape(), dim, places);
        const Variable zero = scalar(0, g.output().value().options());
        g.set(1, where(stays, gather(g.output(), dim, places), zero));
      },
      x, values);
}

Variable take_along_dim(const Variable& x, const Tensor& index, int dim) {
  Tensor y = tenon::take_along_dim(x.value(), index, dim);
  if (!recording(x)) return y;
  const int d = normalize_dim(dim, x.ndim(), "take_along_dim");
  Shape wide = y.shape(), places = y.shape();
  wide[d] = x.size(d);
  places[d] = index.size(d);
  return gather(expand(x, wide), d, index.expand(places));
}

Variable masked_fill(const Variable& x, const Tensor& mask, double value) {
  Tensor y = tenon::masked_fill(x.value(), mask, value);
  if (!recording(x)) return y;
  return record(
      "masked_fill", std::move(y),
      [mask = save(mask)](Gradients& g) {
        g.set_broadcast(0, masked_fill(g.output(), mask.get(g).value(), 0));
      },
      x);
}

Variable masked_select(const Variable& x, const Tensor& mask) {
  Tensor y = tenon::masked_select(x.value(), mask);
  if (!recording(x)) return y;
  return record(
      "masked_select", std::move(y),
      [mask = save(mask)](Gradients& g) {
        const Tensor& chosen = mask.get(g).value();
        const Shape shape = broadcast_shapes(g.shape(0), chosen.shape(), "masked_select");
        const Tensor places = nonzero(chosen.expand(shape).reshape({-1})).reshape({-1});
        const Variable flat = zeros({numel(shape)}, g.output().value().options());
        g.set_broadcast(0, reshape(index_add(flat, 0, places, g.output()), shape));
      },
      x);
}

}  // namespace tenon::autograd
