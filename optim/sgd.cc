#include "optim/sgd.h"

#include <cmath>

#include "tensor/ops.h"

namespace tenon::optim {
namespace {

std::vector<std::string> slots(const SGDOptions& options) {
  if (options.momentum == 0) return {};
  return {"momentum_buffer"};
}

bool is_rate(double value) { return value >= 0 && std::isfinite(value); }

}  // namespace

SGD::SGD(std::vector<Variable> parameters, const SGDOptions& options)
    : Optimizer("SGD", std::move(parameters), options.lr, slots(options)), options_(options) {
  require(is_rate(options.momentum), "a finite momentum of at least 0", options.momentum);
  require(std::isfinite(options.dampening), "a finite dampening", options.dampening);
  require(is_rate(options.weight_decay), "a finite weight_decay of at least 0",
          options.weight_decay);
  if (!options.nesterov) return;
  require(options.momentum > 0, "momentum above 0 for nesterov", options.momentum);
  require(options.dampening == 0, "dampening 0 for nesterov", options.dampening);
}

void SGD::update(const Update& update) {
  const SgdStep step{.lr = lr(),
                     .momentum = options_.momentum,
                     .dampening = options_.dampening,
                     .weight_decay = options_.weight_decay,
                     .nesterov = options_.nesterov,
                     .first = update.step == 1};
  std::span<const Tensor> buffers;
  if (!update.slots.empty()) buffers = update.slots[0];
  sgd_(update.parameters, update.grads, buffers, step);
}

}  // namespace tenon::optim
