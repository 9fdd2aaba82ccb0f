// Language models as folders: `config.json` beside `model.safetensors`, as the Hugging Face Hub has
// them.
//
//   auto model = load_causal_lm("models/SmolLM2-135M");           // maps the weights, copies
//   nothing if (!model.ok()) return model.status(); absl::Status saved = save_causal_lm("mine",
//   **model);         // Transformers reads it
#ifndef TENON_MODELS_LM_FOLDER_H_
#define TENON_MODELS_LM_FOLDER_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "models/lm/causal_lm.h"

namespace tenon::models {

struct LoadLmOptions {
  /// f32, bf16 or f16; that of the files where empty. Weights of another dtype are converted, which
  /// takes memory of their own; the others stay in the mapped file until they are touched.
  std::optional<DType> dtype = std::nullopt;
  /// Called with every layers::Linear once it has its weights and before the next one is read: the
  /// place to quantize, so that never more than one is held in memory as it was.
  std::function<void(const std::string& name, layers::Linear& layer)> on_linear = {};
};

/// Reads `model.safetensors`, or the files that `model.safetensors.index.json` lists, or
/// `pytorch_model.bin`. Names may lack the prefix of the base model ("wte.weight" of GPT-2); masks
/// and tables that older files carry along are skipped. Errors name the file and the tensor or key:
/// InvalidArgument where tensors are missing, unexpected or of another shape than the config says,
/// or an index names a file outside the folder; and those of the readers of each file. Nothing is
/// allocated for a model before all shapes agree. The model is in evaluation mode.
absl::StatusOr<std::unique_ptr<CausalLm>> load_causal_lm(const std::string& folder,
                                                         const LoadLmOptions& options = {});

/// Writes `config.json` and `model.safetensors`, each atomically, into a folder that is made where
/// it is not there. A tied head is left out, as Transformers does. FailedPrecondition for a model
/// with a layer that holds its weight in another form (quantized, adapted): merge it first.
absl::Status save_causal_lm(const std::string& folder, const CausalLm& model);

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_FOLDER_H_
