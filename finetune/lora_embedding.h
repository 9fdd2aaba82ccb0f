// An embedding's table with low-rank updates beside it: table + s (B A)^T.
#ifndef TENON_FINETUNE_LORA_EMBEDDING_H_
#define TENON_FINETUNE_LORA_EMBEDDING_H_

#include <string>
#include <vector>

#include "finetune/lora_operator.h"
#include "layers/embedding.h"

namespace tenon::finetune {

/// rows + s (A^T)[ids] B^T for every active adapter; a is [R,V], b [D,R]. Parameters
/// "lora_embedding_A.<adapter>" and "lora_embedding_B.<adapter>".
class LoraEmbedding final : public layers::EmbeddingUpdate {
 public:
  Variable apply(const Variable& rows, const Tensor& ids) override;
  layers::NamedVariables parameters() const override;

  std::vector<LoraSlot>& slots() { return slots_; }
  LoraSlot* find(const std::string& name);
  void set_enabled(bool on) { enabled_ = on; }

  /// Adds the active updates to the table. Throws ValueError where the result would not be finite.
  void merge(const Tensor& table);
  void unmerge(const Tensor& table);
  bool merged() const { return merged_; }

 private:
  std::vector<LoraSlot> slots_;
  Tensor merged_delta_;
  bool merged_ = false;
  bool enabled_ = true;
};

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_LORA_EMBEDDING_H_
