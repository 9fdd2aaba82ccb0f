// A bound on the incoming weights of each unit.
//
//   MaxNorm bound(net, {.limit = 3});
//   optimizer.step();
//   bound.apply();
//
// In fit(): {.callbacks = {&bound}}.
#ifndef TENON_REGULARIZE_MAX_NORM_H_
#define TENON_REGULARIZE_MAX_NORM_H_

#include <string>
#include <vector>

#include "layers/module.h"
#include "train/callback.h"

namespace tenon::regularize {

struct MaxNormOptions {
  double limit = 3;
  std::string parameters =
      "*weight";  ///< a pattern of names; those of one dimension are left alone
};

/// After each step scales every row w (one index of the first dimension: the weights into one unit
/// or channel) whose L2 norm exceeds the limit down to it, as torch.renorm does up to its 1e-7.
/// (Srivastava et al. 2014, "Dropout", §5.1)
class MaxNorm : public train::Callback {
 public:
  /// Throws ValueError for a limit that is not above 0, and a pattern that matches nothing.
  MaxNorm(const layers::Module& module, const MaxNormOptions& options = {});

  void apply() const;

  absl::Status on_step_end(train::Run& run, const data::Batch& batch) override;

 private:
  double limit_;
  std::vector<layers::Variable> parameters_;
};

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_MAX_NORM_H_
