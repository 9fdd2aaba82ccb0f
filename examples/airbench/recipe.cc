#include "examples/airbench/recipe.h"

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "data/image/alternating_flip.h"
#include "data/image/compose.h"
#include "data/image/geometry.h"
#include "data/image/random_geometry.h"
#include "init/whitening.h"
#include "layers/freeze.h"
#include "layers/loss.h"
#include "optim/schedule.h"
#include "tensor/ops.h"

namespace tenon::examples {
namespace {

using autograd::Variable;

constexpr double kBiasRate = 0.053, kHeadRate = 0.67;  // of the sum of 2,000 losses
constexpr double kDecay = 2e-6 * 2000;                 // in steps of rate 1
constexpr double kSgdMomentum = 0.85, kMuonMomentum = 0.6;
constexpr int kNewtonSchulzIterations = 3;
constexpr double kLabelSmoothing = 0.2;
constexpr std::int64_t kTranslation = 2;

optim::SGDOptions sgd_at(double lr) {
  return {.lr = lr, .momentum = kSgdMomentum, .weight_decay = kDecay / lr, .nesterov = true};
}

std::vector<Variable> values(const layers::NamedVariables& named) {
  std::vector<Variable> result;
  for (const auto& [name, variable] : named) result.push_back(variable);
  return result;
}

Tensor shifted(const Tensor& images, double pixels) {
  return data::crop_each(images, images.size(2), images.size(3), pixels, pixels,
                         data::Border::kReflect);
}

}  // namespace

PixelNet::PixelNet(const models::AirbenchNetOptions& options) : net(this, "net", options) {
  const Tensor mean = tensor({0.4914F, 0.4822F, 0.4465F}).reshape({3, 1, 1});
  const Tensor deviation = tensor({0.2470F, 0.2435F, 0.2616F}).reshape({3, 1, 1});
  mean_ = buffer("mean", mean * 255);
  inverse_deviation_ = buffer("inverse_deviation", reciprocal(deviation * 255));
}

Tensor PixelNet::normalized(const Tensor& pixels) const {
  return (pixels.to(DType::kF32) - mean_.value()) * inverse_deviation_.value();
}

Variable PixelNet::forward(const Variable& pixels) { return net(normalized(pixels.value())); }

Recipe::Recipe(const Tensor& pixels, const RecipeOptions& options)
    : options_(options),
      net_(options.net),
      step_([this](const Tensor& images, const Tensor& labels) { return train(images, labels); },
            {.device = options.device, .warmup = options.warmup}) {
  net_.to(options.device);
  init::whitening_(net_.net.whitening.weight().value(), net_.normalized(pixels.to(options.device)));
  whitening_bias_.emplace(values(layers::parameters_matching(net_, "*whitening.bias")),
                          sgd_at(kBiasRate));
  biases_and_head_.emplace(values(layers::parameters_matching(net_, "*norm?.bias")),
                           sgd_at(kBiasRate));
  biases_and_head_->add_group(net_.net.head.parameters(), sgd_at(kHeadRate));
  filters_.emplace(values(layers::parameters_matching(net_, "*block?.conv?.weight")),
                   optim::MuonOptions{.lr = options.lr,
                                      .weight_decay = 0,
                                      .momentum = kMuonMomentum,
                                      .normalize = true,
                                      .iterations = kNewtonSchulzIterations});
  const optim::Schedule fall =
      optim::polynomial_lr({.steps = options.epochs * options.steps_per_epoch});
  schedulers_.emplace_back(*biases_and_head_, fall);
  schedulers_.emplace_back(*filters_, fall);
  schedulers_.emplace_back(
      *whitening_bias_,
      optim::polynomial_lr({.steps = options.whitening_epochs * options.steps_per_epoch}));
}

void Recipe::begin_epoch(int epoch) {
  net_.train();
  if (epoch != options_.whitening_epochs) return;
  // Gradients need not reach the first layer any more: another step, to be recorded anew.
  layers::freeze(net_, "*whitening.bias");
  step_.reset();
}

Tensor Recipe::train(const Tensor& pixels, const Tensor& labels) {
  for (optim::Optimizer* optimizer : {static_cast<optim::Optimizer*>(&*whitening_bias_),
                                      static_cast<optim::Optimizer*>(&*biases_and_head_),
                                      static_cast<optim::Optimizer*>(&*filters_)}) {
    optimizer->zero_grad();
  }
  Variable loss;
  {
    std::optional<autograd::Autocast> scope;
    if (options_.autocast) scope.emplace(*options_.autocast);
    loss = layers::cross_entropy(
        net_(pixels), labels, {.label_smoothing = kLabelSmoothing, .reduction = Reduction::kSum});
  }
  loss.backward();
  whitening_bias_->step();
  biases_and_head_->step();
  filters_->step();
  for (optim::Scheduler& scheduler : schedulers_) scheduler.step();
  return loss.value() / static_cast<double>(labels.size(0));
}

std::function<void(data::Batch&, const data::BatchKey&)> augmentation() {
  return data::in_turn(
      {data::AlternatingFlip{},
       data::on_inputs(data::RandomCrop{
           .height = 32, .width = 32, .padding = kTranslation, .border = data::Border::kReflect})});
}

std::vector<train::View> six_views() {
  std::vector<train::View> views;
  for (const double shift : {0.0, 1.0, -1.0}) {
    for (const bool mirror : {false, true}) {
      views.push_back({.weight = shift == 0 ? 0.25 : 0.125, .change = [=](const Tensor& images) {
                         const Tensor moved = shift == 0 ? images : shifted(images, shift);
                         return mirror ? data::flip_horizontal(moved) : moved;
                       }});
    }
  }
  return views;
}

}  // namespace tenon::examples
