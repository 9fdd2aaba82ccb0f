// Noise on gradients that fades away: helps very deep networks out of bad beginnings.
//
//   GradientNoise noise({.eta = 0.01});
//   loss.backward();
//   noise.add(net.parameters(), step);
//   optimizer.step();
//
// In fit(): {.callbacks = {&noise}}.
#ifndef TENON_REGULARIZE_GRADIENT_NOISE_H_
#define TENON_REGULARIZE_GRADIENT_NOISE_H_

#include <cstdint>
#include <span>

#include "autograd/variable.h"
#include "tensor/random.h"
#include "train/callback.h"

namespace tenon::regularize {

struct GradientNoiseOptions {
  double eta = 0.01;    ///< variance at step 0
  double gamma = 0.55;  ///< how fast it falls
};

/// Adds N(0, eta / (1 + step)^gamma) to each element of each gradient, from default_generator(), so
/// that a resumed run repeats the same noise. (Neelakantan et al. 2015, "Adding gradient noise
/// improves learning for very deep networks", §3, equation 1)
class GradientNoise : public train::Callback {
 public:
  /// Throws ValueError for a number that is negative or not finite.
  explicit GradientNoise(const GradientNoiseOptions& options = {});

  /// The standard deviation at a step, counted from 0.
  double deviation(std::int64_t step) const;
  void add(std::span<const autograd::Variable> parameters, std::int64_t step) const;

  absl::Status before_update(train::Run& run) override;

 private:
  GradientNoiseOptions options_;
};

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_GRADIENT_NOISE_H_
