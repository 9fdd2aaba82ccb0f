// Leaves out whole residual branches at random while training.
//
//   struct Block : Module {
//     ...
//     StochasticDepth drop{this, "drop", {.p = 0.1}};
//     Variable forward(const Variable& x) override { return x + drop(branch(x)); }
//   };
#ifndef TENON_REGULARIZE_STOCHASTIC_DEPTH_H_
#define TENON_REGULARIZE_STOCHASTIC_DEPTH_H_

#include <string>
#include <string_view>

#include "layers/module.h"

namespace tenon::regularize {

struct StochasticDepthOptions {
  double p = 0.1;       ///< probability that a branch is left out, from 0 to 1
  bool per_row = true;  ///< decides for each example; else once for the whole batch
};

/// In training mode zeroes the branch [N, …] with probability p and scales it by 1/(1-p) otherwise;
/// the identity in evaluation mode. Draws from default_generator(). torchvision's stochastic_depth,
/// modes "row" and "batch". Throws ValueError for another p. (Huang et al. 2016, "Deep networks
/// with stochastic depth", §3; scaled while training, as everywhere today)
class StochasticDepth final : public layers::Module {
 public:
  using Options = StochasticDepthOptions;

  explicit StochasticDepth(const StochasticDepthOptions& options = {})
      : StochasticDepth(nullptr, "", options) {}
  StochasticDepth(layers::Module* parent, std::string_view name,
                  const StochasticDepthOptions& options = {});

  layers::Variable forward(const layers::Variable& branch) override;

 private:
  StochasticDepthOptions options_;
};

/// The probability for block `index` of `count`, growing in a straight line to `last` (the paper's
/// equation 4, with survival 1 - p).
double linear_depth(int index, int count, double last);

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_STOCHASTIC_DEPTH_H_
