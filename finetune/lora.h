// Low-rank adaptation: train a few small matrices beside the weights of a model that stay as they
// are (Hu et al. 2021, "LoRA", §4.1; with quantized weights Dettmers et al. 2023, "QLoRA", §3).
//
//   Lora lora(*model, {.targets = {{"q_proj", "v_proj"}}, .rank = 8, .alpha = 16});
//   std::puts(to_string(lora.report()).c_str());            // trainable 294912 of 125534208 (0.23
//   %) optim::AdamW optimizer(lora.trainable(), {.lr = 2e-4});
//   ...
//   absl::Status saved = save_adapter("my_adapter", lora);  // finetune/adapter_folder.h
//
// The model must outlive the Lora, which may end before it: the adapters stay in the model.
#ifndef TENON_FINETUNE_LORA_H_
#define TENON_FINETUNE_LORA_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "finetune/lora_operator.h"
#include "finetune/lora_options.h"
#include "layers/module.h"

namespace tenon::finetune {

struct TrainableReport {
  std::int64_t trainable = 0;
  std::int64_t all = 0;  ///< with the weights that quantized layers stand for
};
/// Numbers of the parameters of any module.
TrainableReport trainable_report(const layers::Module& model);
/// "trainable 294912 of 125534208 (0.23 %)".
std::string to_string(const TrainableReport& report);

struct MergeOptions {
  /// Quantize merged weights again where the layer was quantized, instead of keeping them in bf16.
  bool requantize = false;
};
/// Of the layers that were quantized again: means and the largest of their errors.
struct MergeReport {
  int layers = 0;
  int requantized = 0;
  MergeError error = {};
};

class Lora {
 public:
  /// Puts an adapter into every linear or embedding layer that the targets mean and freezes every
  /// other parameter of the model (but the biases that the options name). Throws ValueError for
  /// options that make no sense, targets that mean nothing, DoRA or PiSSA of an embedding or PiSSA
  /// of a quantized layer.
  Lora(layers::Module& model, const LoraOptions& options, const std::string& adapter = "default");

  /// One more adapter, beside those there; it becomes the only active one. Errors as above, and for
  /// a name that is taken, empty or has a dot.
  void add(const std::string& adapter, const LoraOptions& options);
  std::vector<std::string> adapters() const;
  const LoraOptions& options(const std::string& adapter = "default") const;

  /// These are applied, added to each other, and trained; the others are neither. Throws ValueError
  /// for a name that is not there or, where `adapters` has several, for one with DoRA.
  void set_active(const std::vector<std::string>& adapters);
  /// Multiplies what an adapter adds, on top of alpha / rank. Not of a DoRA adapter's direction
  /// alone.
  void set_scale(const std::string& adapter, double factor);
  /// While false the model computes as it did without adapters.
  void set_enabled(bool on);

  /// Adds the active updates to the weights; the model then costs what it did without adapters. All
  /// or nothing: throws ValueError where a merged weight would not be finite, where it is merged
  /// already, or for an embedding whose table a head shares.
  MergeReport merge(const MergeOptions& options = {});
  void unmerge();
  bool merged() const { return merged_; }
  /// Takes all adapters out of the model, merged or as if they had never been; its parameters are
  /// trainable again. The Lora is then empty.
  void unload();

  /// What is trained now: matrices of active adapters, and biases where the options say so.
  std::vector<Variable> trainable() const;
  TrainableReport report() const { return trainable_report(model_); }

  /// Tensors of an adapter by their names in PEFT's file, without "base_model.model." and the
  /// adapter's name. PiSSA's are as if for the weights before it: twice the rank.
  layers::StateDict state(const std::string& adapter = "default") const;
  /// Copies such a state into an adapter. Throws StateDictError as Module::load_state_dict does.
  void load_state(const layers::StateDict& state, const std::string& adapter = "default");

  layers::Module& model() { return model_; }

 private:
  void install(const std::string& adapter, const LoraOptions& options);
  void update_trainable();
  layers::NamedVariables biases(const LoraOptions& options) const;
  layers::NamedVariables own_variables(const std::string& adapter) const;
  void check_name(const std::string& adapter) const;

  layers::Module& model_;
  std::map<std::string, LoraOptions> adapters_;
  std::vector<std::string> active_;
  bool merged_ = false;
};

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_LORA_H_
