// The airbench recipe (Jordan 2024, "94% on CIFAR-10 in 3.29 seconds on a single GPU", and its
// later version for Muon): a network, its optimizers, and a step that a GPU can record.
//
//   Recipe recipe(some_pixels, {.steps_per_epoch = loader.num_batches(), .device = device});
//   for (int epoch = 0; epoch < 8; ++epoch) {
//     recipe.begin_epoch(epoch);
//     for (const data::Batch& batch : batches) recipe.step(batch.inputs, batch.targets);
//   }
//   train::evaluate(recipe.net(), test_loader, {.metrics = {&accuracy}, .views = six_views()});
#ifndef TENON_EXAMPLES_AIRBENCH_RECIPE_H_
#define TENON_EXAMPLES_AIRBENCH_RECIPE_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "data/data_loader.h"
#include "models/airbench_net.h"
#include "optim/muon.h"
#include "optim/scheduler.h"
#include "optim/sgd.h"
#include "tensor/captured_step.h"
#include "train/fit.h"

namespace tenon::examples {

/// AirbenchNet over pixels [N,3,32,32] u8, which it normalizes with CIFAR-10's means and
/// deviations.
class PixelNet : public layers::Module {
 public:
  explicit PixelNet(const models::AirbenchNetOptions& options);
  layers::Variable forward(const layers::Variable& pixels) override;
  /// [N,3,32,32] u8 -> f32 on the same device.
  Tensor normalized(const Tensor& pixels) const;

  models::AirbenchNet net;

 private:
  layers::Variable mean_;  // of pixels from 0 to 255
  layers::Variable inverse_deviation_;
};

struct RecipeOptions {
  models::AirbenchNetOptions net = {};
  int epochs = 8;
  int whitening_epochs = 3;  ///< in which the biases behind the whitening filters learn
  std::int64_t steps_per_epoch = 25;
  double lr = 0.24;  ///< Muon's, at first
  Device device = kCpu;
  std::optional<DType> autocast = {};
  int warmup = 2;  ///< steps that run as they are before one is recorded (CapturedStepOptions)
};

/// Filters by Muon (momentum 0.6, normalized), biases and the head by Nesterov's SGD (momentum
/// 0.85) at their own rates; every rate falls in a straight line to 0 at the end, that of the
/// whitening biases by the end of their epochs. The loss is a sum of cross entropies with 0.2 of
/// label smoothing: in f16 that does what a loss scaler does.
class Recipe {
 public:
  /// First weights from default_generator(), the whitening filters from pixels [N,3,32,32] u8 on
  /// the CPU. Throws as its parts do.
  Recipe(const Tensor& pixels, const RecipeOptions& options);

  /// In training mode, for epochs from 0.
  void begin_epoch(int epoch);
  /// pixels [N,3,32,32] u8 and labels [N] i64 on the device -> the mean loss [] before the update.
  Tensor step(const Tensor& pixels, const Tensor& labels) { return step_(pixels, labels); }

  PixelNet& net() { return net_; }
  /// Whether the last step was recorded or replayed, and why not.
  const CapturedStep& captured() const { return step_; }

 private:
  Tensor train(const Tensor& pixels, const Tensor& labels);

  RecipeOptions options_;
  PixelNet net_;
  std::optional<optim::SGD> whitening_bias_, biases_and_head_;
  std::optional<optim::Muon> filters_;
  std::vector<optim::Scheduler> schedulers_;
  CapturedStep step_;
};

/// AlternatingFlip, and a translation by up to two pixels, the border mirrored.
std::function<void(data::Batch&, const data::BatchKey&)> augmentation();

/// What the test images are judged by: themselves and their mirror images (a half), and those one
/// pixel up and left, and down and right (a quarter each).
std::vector<train::View> six_views();

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_AIRBENCH_RECIPE_H_
