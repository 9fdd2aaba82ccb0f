#include "autograd/ops/sorting.h"

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {
namespace {

/// The values' gradient goes back to where each stood.
std::pair<Variable, Tensor> ordered(const char* name, Ordered found, const Variable& x, int dim) {
  if (!recording(x)) return {std::move(found.values), std::move(found.indices)};
  Variable values = record(
      name, std::move(found.values),
      [dim, indices = save(found.indices)](Gradients& g) {
        const Tensor& places = indices.get(g).value();
        const Variable zeros = g.zeros(0);
        if (zeros.ndim() == 0) return g.set(0, reshape(g.output(), {}));
        g.set(0, scatter_add(zeros, dim, places, g.output()));
      },
      x);
  return {std::move(values), std::move(found.indices)};
}

}  // namespace

std::pair<Variable, Tensor> sort(const Variable& x, int dim, bool descending) {
  return ordered("sort", tenon::sort(x.value(), dim, descending), x, dim);
}

std::pair<Variable, Tensor> topk(const Variable& x, std::int64_t k, int dim, bool largest) {
  return ordered("topk", tenon::topk(x.value(), k, dim, largest), x, dim);
}

}  // namespace tenon::autograd
