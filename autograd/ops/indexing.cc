#include <utility>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {

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

}  // namespace tenon::autograd
