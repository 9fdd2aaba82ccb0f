// A linear layer's weight with low-rank updates beside it: W + s B A.
//
// finetune/lora.h puts these into a model; use them by themselves for a layer of your own:
//
//   auto lora = std::make_unique<LoraOperator>(fc.exchange_operator(...));
//   lora->add("default", {.rank = 8, .scaling = 2});
#ifndef TENON_FINETUNE_LORA_OPERATOR_H_
#define TENON_FINETUNE_LORA_OPERATOR_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "finetune/quantized_operator.h"
#include "layers/linear.h"

namespace tenon::finetune {

/// One adapter in one layer.
struct LoraSlot {
  std::string name;
  Variable a;          ///< [R,I]
  Variable b;          ///< [O,R]
  Variable magnitude;  ///< DoRA: [O], else undefined
  double scaling = 1;
  double factor = 1;  ///< of the user's, on top of `scaling`
  double dropout = 0;
  bool active = true;
  Tensor first_a{};  ///< PiSSA: what a and b began as, which W was reduced by
  Tensor first_b{};

  double scale() const { return scaling * factor; }
};

/// What merging into a weight of 4 or 8 bits costs.
struct MergeError {
  double mean = 0;  ///< mean |merged - wanted| of the weights
  double largest = 0;
};

class LoraOperator final : public layers::LinearOperator {
 public:
  /// Around an operator of any kind. Throws ValueError for null.
  explicit LoraOperator(std::unique_ptr<layers::LinearOperator> base);

  std::int64_t in_features() const override { return base_->in_features(); }
  std::int64_t out_features() const override { return base_->out_features(); }
  Variable apply(const Variable& x, const layers::LinearCall& call) override;
  /// The base's, "lora_A.<adapter>.weight", "lora_B.<adapter>.weight",
  /// "lora_magnitude_vector.<adapter>.weight".
  layers::NamedVariables parameters() const override;
  layers::NamedVariables buffers() const override { return base_->buffers(); }
  /// W with all active updates.
  Tensor dense_weight() const override;
  /// "nf4 + LoRA (default, rank 8)".
  std::string describe() const override;

  layers::LinearOperator& base() { return *base_; }
  const layers::LinearOperator& base() const { return *base_; }
  /// Gives the base away; the operator is then of no use.
  std::unique_ptr<layers::LinearOperator> release_base() { return std::move(base_); }

  std::vector<LoraSlot>& slots() { return slots_; }
  const std::vector<LoraSlot>& slots() const { return slots_; }
  /// Null where there is no adapter of that name here.
  LoraSlot* find(const std::string& name);

  /// W = base, less what PiSSA took away, plus updates: adds the active updates to the base weight,
  /// which is replaced where it is not dense: by a bf16 one, or by one of the same format where
  /// `requantize`, whose error is returned. Until unmerge(), apply() is the base's alone. Throws
  /// ValueError where the result would not be finite, or where it is merged already.
  std::optional<MergeError> merge(bool requantize);
  /// Takes the updates away again. A weight that was quantized comes back bit by bit, a dense one
  /// within rounding. Throws ValueError where nothing is merged.
  void unmerge();
  bool merged() const { return merged_; }

  /// Sets whether updates are applied at all.
  void set_enabled(bool on) { enabled_ = on; }

 private:
  Variable with_dora(const Variable& x, const LoraSlot& slot, const layers::LinearCall& call);
  Tensor merged_weight() const;

  std::unique_ptr<layers::LinearOperator> base_;
  std::vector<LoraSlot> slots_;
  std::unique_ptr<layers::LinearOperator> before_merge_;  // a quantized base, while merged
  Tensor merged_delta_;                                   // what a dense one was changed by
  bool merged_ = false;
  bool enabled_ = true;
};

/// s B A [O,I] in f32.
Tensor lora_delta(const LoraSlot& slot);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_LORA_OPERATOR_H_
