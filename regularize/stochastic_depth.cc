#include "regularize/stochastic_depth.h"

#include "autograd/ops.h"
#include "regularize/internal/check.h"
#include "tensor/random.h"

namespace tenon::regularize {

using layers::Variable;

StochasticDepth::StochasticDepth(layers::Module* parent, std::string_view name,
                                 const StochasticDepthOptions& options)
    : Module(parent, name), options_(options) {
  internal::require_share("StochasticDepth", "p", options.p);
}

Variable StochasticDepth::forward(const Variable& branch) {
  if (!training() || options_.p == 0) return branch;
  Shape shape = Shape::filled(branch.ndim(), 1);
  if (options_.per_row && branch.ndim() > 0) shape[0] = branch.size(0);
  const double survival = 1 - options_.p;
  const Tensor kept = bernoulli(shape, survival, default_generator(), branch.value().options());
  return branch * (survival > 0 ? Variable(kept / survival) : Variable(kept));
}

double linear_depth(int index, int count, double last) {
  internal::require("linear_depth", count > 0 && index >= 0 && index < count,
                    "an index below count (" + std::to_string(count) + ")", index);
  internal::require_share("linear_depth", "last", last);
  return last * (index + 1) / count;
}

}  // namespace tenon::regularize
