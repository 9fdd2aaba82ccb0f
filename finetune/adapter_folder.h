// Adapters as folders: `adapter_config.json` beside `adapter_model.safetensors`, as PEFT has them.
//
//   absl::Status saved = save_adapter("my_adapter", lora, {.base_model = "facebook/opt-125m"});
//   absl::StatusOr<Lora> lora = load_adapter(*model, "their_adapter");
//   lora->add / set_active / merge …
#ifndef TENON_FINETUNE_ADAPTER_FOLDER_H_
#define TENON_FINETUNE_ADAPTER_FOLDER_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finetune/lora.h"

namespace tenon::finetune {

struct SaveAdapterOptions {
  std::string adapter = "default";
  std::string base_model = {};  ///< "base_model_name_or_path", for whoever loads it
};

/// Writes an adapter, each file atomically, into a folder that is made where it is not there. PEFT
/// reads it. Errors of the system.
absl::Status save_adapter(const std::string& folder, const Lora& lora,
                          const SaveAdapterOptions& options = {});

/// Reads an `adapter_config.json`. Errors name the file and the key: InvalidArgument for damage,
/// for rank 0 and values out of range, Unimplemented for another kind of adapter or a feature that
/// Tenon does not have, such as "modules_to_save".
absl::StatusOr<LoraOptions> read_adapter_config(const std::string& path);

/// Puts the adapter of a folder into a model, under a name. The model is changed only where both
/// files are as they should be: InvalidArgument that names the file and the tensor or target which
/// does not fit the model.
absl::StatusOr<std::unique_ptr<Lora>> load_adapter(layers::Module& model, const std::string& folder,
                                                   const std::string& adapter = "default");
/// The same for a model that has adapters.
absl::Status add_adapter(Lora& lora, const std::string& folder, const std::string& adapter);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_ADAPTER_FOLDER_H_
