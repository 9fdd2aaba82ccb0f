#include "models/lm/folder.h"

#include <filesystem>
#include <unordered_set>
#include <vector>

#include "layers/placeholders.h"
#include "models/lm/transposed_operator.h"
#include "models/lm/weight_files.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/safetensors.h"

namespace tenon::models {
namespace {

using layers::NamedVariables;

/// What stands before every name of the base model.
std::string base_prefix(const LmConfig& config) {
  return config.family == Family::kGptNeo || config.family == Family::kGpt2 ? "transformer."
                                                                            : "model.";
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Masks and tables that Transformers used to save and ignores today.
bool is_leftover(const std::string& name) {
  for (const char* end : {".attn.bias", ".attn.masked_bias", ".attention.bias",
                          ".attention.masked_bias", ".rotary_emb.inv_freq"}) {
    if (ends_with(name, end)) return true;
  }
  return false;
}

/// The tensor for a parameter, and the name under which the files have it.
const WeightMap::value_type* find(const WeightMap& tensors, const std::string& name,
                                  const LmConfig& config) {
  std::vector<std::string> names = {name};
  const std::string prefix = base_prefix(config);
  if (name.compare(0, prefix.size(), prefix) == 0) names.push_back(name.substr(prefix.size()));
  const bool is_table = ends_with(name, "embed_tokens.weight") || ends_with(name, "wte.weight");
  if (config.tied && is_table) names.push_back("lm_head.weight");
  for (const std::string& candidate : names) {
    const auto found = tensors.find(candidate);
    if (found != tensors.end()) return &*found;
  }
  return nullptr;
}

/// At most three of a list that may be long.
std::string list(const std::string& what, const std::vector<std::string>& items) {
  std::string text = what;
  for (std::size_t i = 0; i < items.size() && i < 3; ++i) text += (i ? ", " : " ") + items[i];
  if (items.size() > 3) text += " and " + std::to_string(items.size() - 3) + " more";
  return text;
}

/// All differences between the model and the files, as one error.
absl::Status check_weights(const NamedVariables& parameters, const WeightFiles& files,
                           const LmConfig& config) {
  std::vector<std::string> missing, misshapen, unexpected;
  std::unordered_set<std::string> used;
  for (const auto& [name, parameter] : parameters) {
    const auto* found = find(files.tensors, name, config);
    if (!found) {
      missing.push_back(name);
      continue;
    }
    used.insert(found->first);
    const Tensor& tensor = found->second;
    if (tensor.shape() != parameter.shape() || !is_floating(tensor.dtype())) {
      misshapen.push_back(found->first + " " + std::string(tenon::name(tensor.dtype())) +
                          to_string(tensor.shape()) + " where the config says " +
                          to_string(parameter.shape()));
    }
  }
  for (const auto& [name, tensor] : files.tensors) {
    const bool tied_head = config.tied && name == "lm_head.weight";
    if (!used.contains(name) && !is_leftover(name) && !tied_head) unexpected.push_back(name);
  }
  std::string text;
  const auto add = [&](const char* what, const std::vector<std::string>& items) {
    if (!items.empty()) text += (text.empty() ? "" : "; ") + list(what, items);
  };
  add("missing", missing);
  add("unexpected", unexpected);
  add("wrong shape", misshapen);
  if (text.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(files.path + ": the tensors do not fit config.json: " + text);
}

void fill_module(layers::Module& module, const std::string& path, const WeightMap& tensors,
                 const LmConfig& config, const LoadLmOptions& options) {
  // A head that shares its table was filled with the table.
  const bool shares = config.tied && path == "lm_head";
  if (!shares) {
    for (const auto& [name, parameter] : module.named_parameters()) {
      // Children are modules of the list that this is called for.
      if (name.find('.') != std::string::npos) continue;
      const Tensor& tensor = find(tensors, path + "." + name, config)->second;
      parameter.set_value(options.dtype ? tensor.to(*options.dtype) : tensor);
    }
  }
  auto* linear = dynamic_cast<layers::Linear*>(&module);
  if (linear && options.on_linear) options.on_linear(path, *linear);
}

absl::StatusOr<std::unique_ptr<CausalLm>> build(const LmConfig& config) {
  try {
    const layers::Placeholders scope;
    return make_causal_lm(config);
  } catch (const Error& error) {
    return absl::InvalidArgumentError(error.what());
  }
}

bool plain_weights(const layers::Linear& layer) {
  auto& op = const_cast<layers::Linear&>(layer).linear_operator();
  return dynamic_cast<layers::DenseOperator*>(&op) || dynamic_cast<TransposedOperator*>(&op);
}

}  // namespace

absl::StatusOr<std::unique_ptr<CausalLm>> load_causal_lm(const std::string& folder,
                                                         const LoadLmOptions& options) {
  const auto config = read_lm_config(folder + "/config.json");
  if (!config.ok()) return config.status();
  auto files = read_weight_files(folder);
  if (!files.ok()) return files.status();
  // Each layer has four tensors at least: a config that claims many more than there are is refused
  // before their modules are made.
  if (static_cast<std::size_t>(config->layers) > files->tensors.size()) {
    return absl::InvalidArgumentError(
        files->path + ": expected tensors of " + std::to_string(config->layers) +
        " layers (config.json), got " + std::to_string(files->tensors.size()) + " tensors");
  }
  auto model = build(*config);
  if (!model.ok()) return model.status();
  const absl::Status status = check_weights((*model)->named_parameters(), *files, *config);
  if (!status.ok()) return status;
  for (const auto& [path, module] : (*model)->named_modules()) {
    fill_module(*module, path, files->tensors, *config, options);
  }
  (*model)->eval();
  return model;
}

absl::Status save_causal_lm(const std::string& folder, const CausalLm& model) {
  for (const auto& [path, module] : model.named_modules()) {
    const auto* linear = dynamic_cast<const layers::Linear*>(module);
    if (linear && !plain_weights(*linear)) {
      return absl::FailedPreconditionError("[save_causal_lm] expected plain weights, got " + path +
                                           ": " + linear->describe());
    }
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::InternalError(folder + ": " + error.message());
  SafetensorsFile file{.tensors = {}, .metadata = {{"format", "pt"}}};
  for (auto& [name, tensor] : model.state_dict()) {
    if (model.config().tied && name == "lm_head.weight") continue;
    file.tensors.emplace_back(name, tensor);
  }
  const DType dtype = file.tensors.front().second.dtype();
  auto status = write_safetensors(folder + "/model.safetensors", file);
  if (!status.ok()) return status;
  return write_file(folder + "/config.json", lm_config_json(model.config(), dtype));
}

}  // namespace tenon::models
