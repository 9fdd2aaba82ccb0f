// Optimizers by name, for flags and experiments that compare them.
//
//   OptimizerMaker make = optimizer_maker("momentum", 1e-2);
//   std::unique_ptr<optim::Optimizer> optimizer = make(net.parameters());
#ifndef TENON_EXAMPLES_COMMON_OPTIMIZERS_H_
#define TENON_EXAMPLES_COMMON_OPTIMIZERS_H_

#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "optim/optimizer.h"

namespace tenon::examples {

using OptimizerMaker =
    std::function<std::unique_ptr<optim::Optimizer>(std::vector<autograd::Variable> parameters)>;

/// "sgd", "momentum" (SGD with momentum 0.9), "adagrad", "rmsprop", "adam", "adamw": with that
/// learning rate and L2 penalty (AdamW: decoupled decay), and PyTorch's defaults otherwise. Throws
/// ValueError for another name.
OptimizerMaker optimizer_maker(std::string_view name, double lr, double weight_decay = 0);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_OPTIMIZERS_H_
