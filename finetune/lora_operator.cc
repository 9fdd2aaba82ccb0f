#include "finetune/lora_operator.h"

#include <algorithm>
#include <utility>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "tensor/ops.h"

namespace tenon::finetune {
namespace {

namespace ag = autograd;

/// Rows of W and of the update, added up and measured: [O], a constant in the gradient (DoRA,
/// §4.3).
Tensor row_norms(const Tensor& weight) {
  return tenon::sqrt(tenon::sum(tenon::square(weight), {1}));
}

/// s B A x. Outside of an Autocast in the dtype of A and B, which may be wider than x's.
Variable low_rank(const Variable& x, const LoraSlot& slot, bool training) {
  const Variable wide = ag::autocast_dtype() ? x : ag::to(x, slot.a.dtype());
  const Variable read = training && slot.dropout > 0 ? ag::dropout(wide, slot.dropout) : wide;
  return ag::linear(ag::linear(read, slot.a), slot.b) * slot.scale();
}

/// A dense operator's own weight, so that it can be written to; undefined for another kind.
Tensor writable_weight(const layers::LinearOperator& op) {
  const auto parameters = op.parameters();
  const bool plain = parameters.size() == 1 && parameters[0].first == "weight" &&
                     parameters[0].second.ndim() == 2 && op.buffers().empty();
  return plain ? op.dense_weight() : Tensor();
}

std::unique_ptr<layers::LinearOperator> requantized(const Tensor& weight,
                                                    const quant::QuantizedTensor& before) {
  return std::make_unique<QuantizedOperator>(quant::quantize(
      weight, {.format = before.format, .block = before.block, .nested = before.nested()}));
}

std::unique_ptr<layers::LinearOperator> in_bf16(const Tensor& weight) {
  return std::make_unique<layers::DenseOperator>(Variable(weight.to(DType::kBF16)));
}

/// A dense weight in 16 bits under an x in 32, which a merged operator of bf16 meets outside of an
/// Autocast.
Variable apply_base(layers::LinearOperator& base, const Variable& x,
                    const layers::LinearCall& call) {
  auto* dense = dynamic_cast<layers::DenseOperator*>(&base);
  if (!dense || dense->weight().dtype() == x.dtype() || ag::autocast_dtype()) {
    return base.apply(x, call);
  }
  return ag::linear(x, ag::to(dense->weight(), x.dtype()), call.bias, call.activation);
}

}  // namespace

Tensor lora_delta(const LoraSlot& slot) {
  return tenon::matmul(slot.b.value().to(DType::kF32), slot.a.value().to(DType::kF32)) *
         slot.scale();
}

LoraOperator::LoraOperator(std::unique_ptr<layers::LinearOperator> base) : base_(std::move(base)) {
  if (!base_) throw ValueError("[LoraOperator] expected a base operator, got null");
}

LoraSlot* LoraOperator::find(const std::string& name) {
  for (LoraSlot& slot : slots_) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

layers::NamedVariables LoraOperator::parameters() const {
  layers::NamedVariables parameters = base_->parameters();
  for (const LoraSlot& slot : slots_) {
    parameters.emplace_back("lora_A." + slot.name + ".weight", slot.a);
    parameters.emplace_back("lora_B." + slot.name + ".weight", slot.b);
    if (slot.magnitude.defined()) {
      parameters.emplace_back("lora_magnitude_vector." + slot.name + ".weight", slot.magnitude);
    }
  }
  return parameters;
}

std::string LoraOperator::describe() const {
  std::string text = base_->describe() + " + LoRA";
  for (const LoraSlot& slot : slots_) {
    text += " (" + slot.name + ", rank " + std::to_string(slot.a.size(0)) + ")";
  }
  return text;
}

Variable LoraOperator::with_dora(const Variable& x, const LoraSlot& slot,
                                 const layers::LinearCall& call) {
  const Tensor norms = row_norms(base_->dense_weight().to(DType::kF32) + lora_delta(slot));
  const Variable direction = apply_base(*base_, x, {.bias = {}, .training = call.training}) +
                             low_rank(x, slot, call.training);
  return direction * ag::div(slot.magnitude, Variable(norms.to(slot.magnitude.dtype())));
}

Variable LoraOperator::apply(const Variable& x, const layers::LinearCall& call) {
  const auto is_active = [](const LoraSlot& slot) { return slot.active; };
  if (merged_ || !enabled_ || std::none_of(slots_.begin(), slots_.end(), is_active)) {
    return apply_base(*base_, x, call);
  }
  const auto dora = std::find_if(slots_.begin(), slots_.end(), [](const LoraSlot& slot) {
    return slot.active && slot.magnitude.defined();
  });
  Variable y;
  if (dora != slots_.end()) {
    y = with_dora(x, *dora, call);
    if (call.bias.defined()) y = y + call.bias;
  } else {
    y = apply_base(*base_, x, {.bias = call.bias, .training = call.training});
  }
  for (const LoraSlot& slot : slots_) {
    if (!slot.active || slot.magnitude.defined()) continue;
    y = y + ag::to(low_rank(x, slot, call.training), y.dtype());
  }
  return layers::activate(y, call.activation);
}

Tensor LoraOperator::merged_weight() const {
  Tensor weight = base_->dense_weight().to(DType::kF32);
  for (const LoraSlot& slot : slots_) {
    if (!slot.active || !slot.magnitude.defined()) continue;
    const Tensor sum = weight + lora_delta(slot);
    const Tensor factor = slot.magnitude.value() / row_norms(sum);
    weight = sum * factor.unsqueeze(1);
  }
  for (const LoraSlot& slot : slots_) {
    if (slot.active && !slot.magnitude.defined()) weight = weight + lora_delta(slot);
  }
  return weight;
}

Tensor LoraOperator::dense_weight() const {
  return merged_ || !enabled_ ? base_->dense_weight() : merged_weight();
}

std::optional<MergeError> LoraOperator::merge(bool requantize) {
  if (merged_) throw ValueError("[LoraOperator] expected updates that are not merged yet");
  const Tensor weight = merged_weight();
  if (!all_finite(weight)) {
    throw ValueError("[LoraOperator] expected a merged weight that is finite, got infinity or NaN");
  }
  std::optional<MergeError> error;
  const Tensor own = writable_weight(*base_);
  if (own.defined()) {
    merged_delta_ = weight - own.to(DType::kF32);
    own.copy_(weight);
  } else {
    const auto* quantized = dynamic_cast<const QuantizedOperator*>(base_.get());
    auto next =
        requantize && quantized ? requantized(weight, quantized->weight()) : in_bf16(weight);
    if (requantize && quantized) {
      const Tensor difference = tenon::abs(next->dense_weight() - weight);
      error = MergeError{.mean = tenon::mean(difference).item<double>(),
                         .largest = tenon::max(difference).item<double>()};
    }
    before_merge_ = std::exchange(base_, std::move(next));
  }
  merged_ = true;
  return error;
}

void LoraOperator::unmerge() {
  if (!merged_) throw ValueError("[LoraOperator] expected updates that are merged");
  if (before_merge_) {
    base_ = std::move(before_merge_);
  } else {
    const Tensor own = writable_weight(*base_);
    own.copy_(own.to(DType::kF32) - merged_delta_);
    merged_delta_ = Tensor();
  }
  merged_ = false;
}

}  // namespace tenon::finetune
