#include <utility>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {

Variable dropout(const Variable& x, double p, Generator& generator) {
  auto [y, mask] = tenon::dropout(x.value(), p, generator);
  if (!recording(x)) return std::move(y);
  return record(
      "dropout", std::move(y),
      [mask = std::move(mask)](Gradients& g) { g.set(0, mul(g.output(), mask)); }, x);
}

}  // namespace tenon::autograd
