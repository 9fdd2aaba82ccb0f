// Fine-tuning a classifier on another task: a new head, rates that fall towards the input, and
// layers that join the training one group after another.
//
//   models::ResNet net({.depth = 20});                   // with trained weights
//   replace_head(net.linear, 3);                         // 10 classes -> 3
//   const auto groups = layer_groups(net, {"conv1.*|bn1.*|layer1.*", "layer2.*", "layer3.*",
//   "linear.*"}); optim::AdamW optimizer = discriminative_adamw(groups, {.lr = 1e-3, .factor
//   = 2.6}); GradualUnfreezing unfreezing(groups);                // only the head to begin with
//   for (int epoch = 0; epoch < 8; ++epoch) { unfreezing.at_epoch(epoch); ... }
#ifndef TENON_FINETUNE_VISION_H_
#define TENON_FINETUNE_VISION_H_

#include <memory>
#include <string>
#include <vector>

#include "layers/linear.h"
#include "optim/adam.h"

namespace tenon::finetune {

/// Gives a linear layer another number of outputs and PyTorch's first weights for it, of the same
/// dtype and device; a bias stays one. Optimizers made before hold the old parameters. Throws
/// ValueError for fewer than one class.
void replace_head(layers::Linear& head, std::int64_t classes);

/// Parameters from the input on, each group by patterns of whole names (layers/freeze.h), several
/// with
/// `|` between them.
struct LayerGroup {
  std::string patterns;
  std::vector<autograd::Variable> parameters;
};
/// Throws ValueError where patterns match no parameter, or a parameter is in no group or in two.
std::vector<LayerGroup> layer_groups(const layers::Module& model,
                                     const std::vector<std::string>& patterns);

struct DiscriminativeOptions {
  double lr = 1e-3;     ///< of the last group
  double factor = 2.6;  ///< each group's rate is that of the one after it divided by this
  double weight_decay = 1e-2;
};
/// An AdamW whose groups are these, in their order (Howard & Ruder 2018, "ULMFiT", §3.2).
std::unique_ptr<optim::AdamW> discriminative_adamw(const std::vector<LayerGroup>& groups,
                                                   const DiscriminativeOptions& options = {});

/// Trains the last group at first and one more from the end each epoch (Howard & Ruder 2018, §3.3).
class GradualUnfreezing {
 public:
  /// Freezes all groups but the last. Throws ValueError for no groups, or epochs_per_group below 1.
  explicit GradualUnfreezing(std::vector<LayerGroup> groups, int epochs_per_group = 1);

  /// Sets what is trained in an epoch, from 0; any order of epochs. Returns how many groups are.
  int at_epoch(int epoch);

 private:
  std::vector<LayerGroup> groups_;
  int epochs_per_group_;
};

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_VISION_H_
