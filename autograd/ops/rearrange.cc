#include <algorithm>
#include <utility>
#include <vector>

#include "autograd/ops.h"
#include "autograd/record.h"

namespace tenon::autograd {

Variable flip(const Variable& x, std::span<const int> dims) {
  Tensor y = tenon::flip(x.value(), dims);
  if (!recording(x)) return y;
  return record(
      "flip", std::move(y),
      [dims = std::vector<int>(dims.begin(), dims.end())](Gradients& g) {
        g.set(0, flip(g.output(), dims));
      },
      x);
}

Variable roll(const Variable& x, std::int64_t shift, int dim) {
  Tensor y = tenon::roll(x.value(), shift, dim);
  if (!recording(x)) return y;
  // Within one turn, so that the way back exists for every shift.
  const std::int64_t turn = shift % std::max<std::int64_t>(x.size(dim), 1);
  return record(
      "roll", std::move(y), [turn, dim](Gradients& g) { g.set(0, roll(g.output(), -turn, dim)); },
      x);
}

Variable repeat(const Variable& x, const Shape& counts) {
  Tensor y = tenon::repeat(x.value(), counts);
  if (!recording(x)) return y;
  return record(
      "repeat", std::move(y),
      [counts](Gradients& g) {
        const Shape& shape = g.shape(0);
        const int lead = counts.size() - shape.size();
        Shape pairs;
        std::vector<int> copies;
        for (int d = 0; d < counts.size(); ++d) {
          copies.push_back(pairs.size());
          pairs.push_back(counts[d]);
          if (d >= lead) pairs.push_back(shape[d - lead]);
        }
        const Variable parts = reshape(g.output(), pairs);
        g.set(0, copies.empty() ? parts : sum(parts, copies));
      },
      x);
}

Variable tril(const Variable& x, std::int64_t diagonal) {
  Tensor y = tenon::tril(x.value(), diagonal);
  if (!recording(x)) return y;
  return record(
      "tril", std::move(y), [diagonal](Gradients& g) { g.set(0, tril(g.output(), diagonal)); }, x);
}

Variable triu(const Variable& x, std::int64_t diagonal) {
  Tensor y = tenon::triu(x.value(), diagonal);
  if (!recording(x)) return y;
  return record(
      "triu", std::move(y), [diagonal](Gradients& g) { g.set(0, triu(g.output(), diagonal)); }, x);
}

}  // namespace tenon::autograd
