// Sunlight on slopes: a real function of two numbers that a network of a few dozen parameters can
// learn. UCI Covertype has, for each patch of forest, which way and how steeply it falls, and the
// shade at 9 am, which follows from those two.
//
//   absl::StatusOr<Hillshade> shade = load_hillshade(options, 10'000, 5'000);
#ifndef TENON_EXAMPLES_SMALL_NETS_HILLSHADE_H_
#define TENON_EXAMPLES_SMALL_NETS_HILLSHADE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/common/flags.h"
#include "tensor/tensor.h"
#include "train/metrics.h"

namespace tenon::examples {

struct Slopes {
  Tensor inputs;  ///< [N,2]: aspect of 0 to 360 degrees and slope of 0 to 66 degrees, as -1 to 1
  Tensor shade;   ///< [N,1]: 0 (dark) to 255, as 0 to 1
};

struct Hillshade {
  Slopes train, test;
};

/// So many rows at random, the same every time, from the folder `covertype`.
absl::StatusOr<Hillshade> load_hillshade(const CommonOptions& options, std::int64_t train_rows,
                                         std::int64_t test_rows);

/// The inputs of slopes that fall in the direction of `aspect` (degrees): [N,2].
Tensor inputs_at(const std::vector<double>& aspect, double slope);

/// How far shades are off on average, in the units of the file (0 to 255).
class ShadeError : public train::Metric {
 public:
  std::string name() const override { return "error"; }
  void reset() override { mean_.reset(); }
  void update(const Tensor& output, const Tensor& target) override;
  double value() const override { return mean_.value(); }
  std::vector<double> state() const override { return {mean_.sum(), mean_.weight()}; }
  void set_state(std::span<const double> state) override;

 private:
  train::RunningMean mean_;
};

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_SMALL_NETS_HILLSHADE_H_
