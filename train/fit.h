// Training and judging a module, over any loader, loss and optimizer.
//
//   Accuracy accuracy;
//   ProgressBar bar;
//   absl::StatusOr<History> history = fit(net, train_loader, optimizer, {
//       .epochs = 10, .metrics = {&accuracy}, .validation = &val_loader, .callbacks = {&bar}});
//   Evaluation test = evaluate(net, test_loader, {.metrics = {&accuracy}});
//   std::printf("%.3f %.1f %%\n", test.loss, 100 * accuracy.value());
//
// What else should happen on the way is a Callback (train/callback.h).
#ifndef TENON_TRAIN_FIT_H_
#define TENON_TRAIN_FIT_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "autograd/variable.h"
#include "data/data_loader.h"
#include "layers/module.h"
#include "optim/loss_scaler.h"
#include "optim/optimizer.h"
#include "train/callback.h"
#include "train/history.h"
#include "train/metrics.h"

namespace tenon::train {

/// The mean loss [] of a batch's outputs.
using Loss =
    std::function<autograd::Variable(const autograd::Variable& output, const Tensor& target)>;

/// What a batch gives: the output that metrics look at, and the loss [].
struct ForwardResult {
  autograd::Variable output;
  autograd::Variable loss;
};
/// For training that is more than loss(module(inputs), targets): mixed examples, a teacher, a
/// second head. Gets the batch on the module's device.
using Forward = std::function<ForwardResult(layers::Module& module, const data::Batch& batch)>;

struct FitOptions {
  int epochs = 1;        ///< in all: a resumed run makes those that are missing
  Loss loss = {};        ///< autograd::cross_entropy where empty
  Forward forward = {};  ///< of training, where loss(module(inputs), targets) is not it
  std::vector<Metric*> metrics = {};  ///< of training and validation, reset for each
  int accumulate = 1;  ///< batches whose mean gradient makes one update (of the rest at the end)
  /// Products and convolutions run in this 16-bit dtype (autograd/autocast.h), in training and
  /// validation.
  std::optional<DType> autocast = {};
  /// Gradients count as scaled down to this where their norm is larger (optim::StepOptions).
  double max_norm = std::numeric_limits<double>::infinity();
  optim::LossScaler* scaler = nullptr;     ///< for training in f16; skips steps that overflow
  data::DataLoader* validation = nullptr;  ///< gone through after every epoch
  std::vector<Callback*> callbacks = {};
};

/// Goes through the loader `epochs` times, with one update per batch (or `accumulate` of them), the
/// module in training mode (left so) and batches moved to its device. Returns a record per epoch:
/// "train_loss", "train_…" for each metric, "val_…" of the same, "lr", "seconds" and
/// "items_per_second" (of training alone). AbortedError that names epoch and step where a loss is
/// NaN or infinite, and on the CPU the operation that gave the NaN (that update is not made there);
/// what a callback returns; throws what module, loss and loader throw, and ValueError for a
/// negative number of epochs, an `accumulate` below 1, or a loader without batches (also for
/// validation).
absl::StatusOr<History> fit(layers::Module& module, data::DataLoader& loader,
                            optim::Optimizer& optimizer, const FitOptions& options = {});

/// A way to look at images, and how much it counts: test-time augmentation.
struct View {
  double weight = 1;
  /// What the module is shown instead of a batch's inputs, which are where the loader made them;
  /// those as they are where empty.
  std::function<Tensor(const Tensor& inputs)> change = {};
};

struct EvaluateOptions {
  Loss loss = {};                      ///< autograd::cross_entropy where empty
  std::vector<Metric*> metrics = {};   ///< reset first; they hold their values afterwards
  std::optional<DType> autocast = {};  ///< as in FitOptions
  /// The module's outputs for each, times their weights, are summed to the output that is judged
  /// (Krizhevsky, Sutskever & Hinton 2012, "ImageNet classification", §4.1). Without any, the
  /// inputs as they are.
  std::vector<View> views = {};
};

struct Evaluation {
  double loss = 0;  ///< mean over the examples; NaN where there are none
  std::int64_t examples = 0;
};

/// Goes once through the loader without recording gradients. The module computes in evaluation mode
/// and is then put back in the mode it had.
Evaluation evaluate(layers::Module& module, data::DataLoader& loader,
                    const EvaluateOptions& options = {});

}  // namespace tenon::train

#endif  // TENON_TRAIN_FIT_H_
