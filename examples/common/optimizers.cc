#include "examples/common/optimizers.h"

#include <string>
#include <utility>

#include "optim/adagrad.h"
#include "optim/adam.h"
#include "optim/rmsprop.h"
#include "optim/sgd.h"
#include "tensor/error.h"

namespace tenon::examples {
namespace {

template <class Optimizer, class Options>
OptimizerMaker maker(const Options& options) {
  return [options](std::vector<autograd::Variable> parameters) {
    return std::make_unique<Optimizer>(std::move(parameters), options);
  };
}

}  // namespace

OptimizerMaker optimizer_maker(std::string_view name, double lr, double weight_decay) {
  if (name == "sgd") {
    return maker<optim::SGD>(optim::SGDOptions{.lr = lr, .weight_decay = weight_decay});
  }
  if (name == "momentum") {
    return maker<optim::SGD>(
        optim::SGDOptions{.lr = lr, .momentum = 0.9, .weight_decay = weight_decay});
  }
  if (name == "adagrad") {
    return maker<optim::Adagrad>(optim::AdagradOptions{.lr = lr, .weight_decay = weight_decay});
  }
  if (name == "rmsprop") {
    return maker<optim::RMSprop>(optim::RMSpropOptions{.lr = lr, .weight_decay = weight_decay});
  }
  if (name == "adam") {
    return maker<optim::Adam>(optim::AdamOptions{.lr = lr, .weight_decay = weight_decay});
  }
  if (name == "adamw") {
    return maker<optim::AdamW>(optim::AdamWOptions{.lr = lr, .weight_decay = weight_decay});
  }
  throw ValueError(
      "[optimizer_maker] expected sgd, momentum, adagrad, rmsprop, adam or adamw, got " +
      std::string(name));
}

}  // namespace tenon::examples
