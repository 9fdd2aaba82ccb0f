// Stochastic weight averaging: the mean of the weights along the last part of training lies in a
// wider valley than any of them.
//
//   WeightAverage average(net, {.first_epoch = 15});
//   fit(net, loader, optimizer, {.epochs = 20, .callbacks = {&average}});
//   average.apply();                         // the averages become the weights
//   update_batch_norm(net, loader);          // and the running statistics fit them
#ifndef TENON_REGULARIZE_WEIGHT_AVERAGE_H_
#define TENON_REGULARIZE_WEIGHT_AVERAGE_H_

#include <cstdint>
#include <vector>

#include "data/data_loader.h"
#include "layers/module.h"
#include "train/callback.h"

namespace tenon::regularize {

struct WeightAverageOptions {
  int first_epoch = 1;   ///< the first, counted from 1, whose end is averaged
  int every_epochs = 1;  ///< and then every so many
};

/// The equal average of weights at ends of epochs, in f32 or better: average += (w - average) / n.
/// (Izmailov et al. 2018, "Averaging weights leads to wider optima and better generalization",
/// §3.2, algorithm 1)
class WeightAverage : public train::Callback {
 public:
  /// Over all parameters. Throws ValueError for options below 1.
  explicit WeightAverage(const layers::Module& module, const WeightAverageOptions& options = {});

  /// Takes the present weights in.
  void update();
  /// Puts the averages into the parameters. Throws ValueError where nothing has been averaged.
  void apply() const;
  /// How many weights have been averaged.
  std::int64_t count() const { return count_; }

  absl::Status on_epoch_end(train::Run& run) override;
  std::string name() const override { return "weight_average"; }
  layers::StateDict state_dict() const override;
  void load_state_dict(const layers::StateDict& state) override;

 private:
  WeightAverageOptions options_;
  std::vector<layers::Variable> parameters_;
  std::vector<Tensor> averages_;
  std::int64_t count_ = 0;
};

/// Sets the running statistics of all batch normalizations to the mean of what the batches of one
/// pass give, as torch.optim.swa_utils.update_bn does: the module computes in training mode,
/// without gradients, and is put back. Does nothing to a module without batch normalization.
void update_batch_norm(layers::Module& module, data::DataLoader& loader);

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_WEIGHT_AVERAGE_H_
