// Quantizing the linear layers of a model, and quantized models as files.
//
//   auto model = load_causal_lm(folder, {.on_linear = quantizer({.targets = {{"all-linear"}}})});
//   quantize_linears(*net, {.targets = {{"fc1", "fc2"}}});              // one that is there
//   already absl::Status saved = write_safetensors(path, {.tensors = net->state_dict()});
//   absl::Status loaded = load_quantized_state(*fresh, read_safetensors(path)->tensors);
#ifndef TENON_FINETUNE_QUANTIZE_H_
#define TENON_FINETUNE_QUANTIZE_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "finetune/targets.h"
#include "layers/linear.h"
#include "models/lm/causal_lm.h"
#include "tensor/quant/quant.h"

namespace tenon::finetune {

struct QuantizeOptions {
  quant::Options quant = {};
  Targets targets{.include = {"all-linear"}};
};

/// Gives every linear layer that is meant a QuantizedOperator in place of its dense one, one after
/// the other. Returns how many. Throws ValueError where targets mean no linear layer, or weights
/// are not finite.
int quantize_linears(layers::Module& model, const QuantizeOptions& options = {});
/// The same, for models::LoadLmOptions::on_linear: a layer is quantized when it is read.
std::function<void(const std::string&, layers::Linear&)> quantizer(
    const QuantizeOptions& options = {});

/// Keeps the tables of embeddings in bf16, the head's with a tied one, in half their memory and
/// without a copy in bf16 for each product. For models that compute under an Autocast and whose
/// tables are frozen: rounding would swallow most of an optimizer's small steps.
void tables_to_bf16(layers::Module& model);
/// The same for the weights of all linear layers but the head, as "all-linear" means them; layers
/// that hold theirs in another form stay as they are. Biases stay f32. Returns how many. Before
/// adapters are added: theirs are then f32.
int linears_to_bf16(layers::Module& model);

/// Puts a state into a model of the same layers: a linear layer whose weight is quantized in the
/// state becomes so, and every other tensor takes the place of the one in the model (it is not
/// copied). InvalidArgument that names the tensor which is missing, unexpected or not as it should
/// be; the model is then of no use.
absl::Status load_quantized_state(layers::Module& model, const layers::StateDict& state);

/// A quantized language model as a folder, in the form in which Transformers keeps one for
/// bitsandbytes: `config.json` with a "quantization_config", and `model.safetensors`.
absl::Status save_quantized_lm(const std::string& folder, const models::CausalLm& model);
/// Reads one. Errors name the file.
absl::StatusOr<std::unique_ptr<models::CausalLm>> load_quantized_lm(const std::string& folder);

}  // namespace tenon::finetune

#endif  // TENON_FINETUNE_QUANTIZE_H_
