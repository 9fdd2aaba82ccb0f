#include "finetune/lora_embedding.h"

#include "autograd/ops.h"
#include "tensor/ops.h"

namespace tenon::finetune {

namespace ag = autograd;

Variable LoraEmbedding::apply(const Variable& rows, const Tensor& ids) {
  Variable y = rows;
  if (merged_ || !enabled_) return y;
  for (const LoraSlot& slot : slots_) {
    if (!slot.active) continue;
    const Variable read = ag::embedding(ag::transpose(slot.a, 0, 1), ids);
    y = y + ag::linear(read, slot.b) * slot.scale();
  }
  return y;
}

layers::NamedVariables LoraEmbedding::parameters() const {
  layers::NamedVariables parameters;
  for (const LoraSlot& slot : slots_) {
    parameters.emplace_back("lora_embedding_A." + slot.name, slot.a);
    parameters.emplace_back("lora_embedding_B." + slot.name, slot.b);
  }
  return parameters;
}

LoraSlot* LoraEmbedding::find(const std::string& name) {
  for (LoraSlot& slot : slots_) {
    if (slot.name == name) return &slot;
  }
  return nullptr;
}

void LoraEmbedding::merge(const Tensor& table) {
  if (merged_) throw ValueError("[LoraEmbedding] expected updates that are not merged yet");
  Tensor delta = zeros(table.shape(), {.device = table.device()});
  for (const LoraSlot& slot : slots_) {
    if (slot.active) delta = delta + lora_delta(slot).t();
  }
  if (!all_finite(delta)) {
    throw ValueError("[LoraEmbedding] expected a merged table that is finite, got infinity or NaN");
  }
  const Tensor before = table.to(DType::kF32).clone();
  table.copy_(before + delta);
  merged_delta_ = table.to(DType::kF32) - before;
  merged_ = true;
}

void LoraEmbedding::unmerge(const Tensor& table) {
  if (!merged_) throw ValueError("[LoraEmbedding] expected updates that are merged");
  table.copy_(table.to(DType::kF32) - merged_delta_);
  merged_ = false;
}

}  // namespace tenon::finetune
