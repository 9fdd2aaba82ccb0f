#include "finetune/adapter_folder.h"

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "layers/embedding.h"
#include "models/lm/internal/json_fields.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/safetensors.h"

namespace tenon::finetune {
namespace {

using layers::StateDict;
using models::JsonFields;
using nlohmann::json;

constexpr std::string_view kPrefix = "base_model.model.";
constexpr std::int64_t kMaxRank = 1 << 16;

std::string config_path(const std::string& folder) { return folder + "/adapter_config.json"; }
std::string weights_path(const std::string& folder) {
  return folder + "/adapter_model.safetensors";
}

absl::Status in_file(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), path + ": " + std::string(status.message()));
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// PEFT calls a target's bias that of its base layer.
std::string peft_name(const std::string& name, const std::set<std::string>& adapted) {
  if (ends_with(name, ".bias")) {
    const std::string layer = name.substr(0, name.size() - 5);
    if (adapted.contains(layer)) return std::string(kPrefix) + layer + ".base_layer.bias";
  }
  return std::string(kPrefix) + name;
}

std::string own_name(std::string name) {
  if (name.compare(0, kPrefix.size(), kPrefix) == 0) name.erase(0, kPrefix.size());
  const std::size_t base = name.find(".base_layer.");
  if (base != std::string::npos) name.erase(base, std::string(".base_layer").size());
  return name;
}

std::set<std::string> adapted_layers(const StateDict& state) {
  std::set<std::string> layers;
  for (const auto& [name, tensor] : state) {
    for (const char* end : {".lora_A.weight", ".lora_embedding_A"}) {
      if (ends_with(name, end))
        layers.insert(name.substr(0, name.size() - std::string(end).size()));
    }
  }
  return layers;
}

const char* name_of(LoraBias bias) {
  constexpr const char* kNames[] = {"none", "all", "lora_only"};
  return kNames[static_cast<int>(bias)];
}

/// The layers by their whole paths, so that a pattern of ours needs no counterpart in PEFT.
json config_json(const LoraOptions& options, const StateDict& state,
                 const std::set<std::string>& adapted, const std::string& base_model) {
  json targets = json::array(), ranks = json::object(), alphas = json::object();
  const bool pissa = options.init == LoraInit::kPissa;
  double alpha = options.alpha;
  // Twice the rank with the same scaling.
  const double growth = pissa ? (options.rs ? std::sqrt(2.0) : 2.0) : 1.0;
  alpha *= growth;
  const std::int64_t rank = options.rank * (pissa ? 2 : 1);
  for (const auto& [name, tensor] : state) {
    const bool a = ends_with(name, ".lora_A.weight") || ends_with(name, ".lora_embedding_A");
    if (!a) continue;
    const std::string path = name.substr(0, name.rfind(".lora_"));
    if (tensor.size(0) != rank) ranks[path] = tensor.size(0);
    const double own = alpha_of(options, path) * growth;
    if (own != alpha) alphas[path] = own;
  }
  for (const std::string& path : adapted) targets.push_back(path);
  return {{"peft_type", "LORA"},
          {"task_type", "CAUSAL_LM"},
          {"base_model_name_or_path", base_model.empty() ? json() : json(base_model)},
          {"inference_mode", true},
          {"r", rank},
          {"lora_alpha", alpha},
          {"lora_dropout", options.dropout},
          {"use_rslora", options.rs},
          {"use_dora", options.dora},
          {"bias", name_of(options.bias)},
          {"init_lora_weights", true},
          {"fan_in_fan_out", false},
          {"target_modules", targets},
          {"rank_pattern", ranks},
          {"alpha_pattern", alphas}};
}

/// A feature that would change the numbers and that Tenon lacks.
void refuse(JsonFields& fields, const char* key) {
  if (!fields.has(key)) return;
  const json& value = fields.at(key);
  const bool off =
      (value.is_boolean() && !value.get<bool>()) || (value.is_structured() && value.empty());
  if (!off) fields.fail(key, "expected none", /*unimplemented=*/true);
}

LoraBias read_bias(JsonFields& fields) {
  const std::string bias = fields.string("bias", "none");
  for (const LoraBias candidate : {LoraBias::kNone, LoraBias::kAll, LoraBias::kLoraOnly}) {
    if (bias == name_of(candidate)) return candidate;
  }
  fields.fail("bias", "expected none, all or lora_only, got '" + bias.substr(0, 80) + "'");
  return LoraBias::kNone;
}

/// An object of target -> number.
template <class T>
std::map<std::string, T> read_pattern(JsonFields& fields, const char* key, double low,
                                      double high) {
  std::map<std::string, T> pattern;
  if (!fields.has(key)) return pattern;
  const json& object = fields.at(key);
  if (!object.is_object()) {
    fields.fail(key, "expected an object");
    return pattern;
  }
  for (const auto& item : object.items()) {
    const json& value = item.value();
    if (!value.is_number() || value.get<double>() < low || value.get<double>() > high) {
      fields.fail(key, "expected a number from " + json(low).dump() + " for '" +
                           item.key().substr(0, 80) + "'");
      return pattern;
    }
    pattern[item.key()] = value.get<T>();
  }
  return pattern;
}

void read_targets(JsonFields& fields, Targets& targets) {
  const char* key = "target_modules";
  if (!fields.has(key)) return fields.fail(key, "expected targets, got none");
  if (fields.at(key).is_string()) {
    targets.include = {fields.string(key)};
    if (targets.include[0] != "all-linear") {
      fields.fail(key, "expected a list, or all-linear: a regular expression", true);
    }
  } else {
    targets.include = fields.strings(key);
  }
  if (targets.include.empty()) fields.fail(key, "expected targets, got none");
  if (fields.has("exclude_modules")) {
    if (fields.at("exclude_modules").is_string()) {
      fields.fail("exclude_modules", "expected a list: a regular expression", true);
    } else {
      targets.exclude = fields.strings("exclude_modules");
    }
  }
}

LoraOptions parse(JsonFields& fields) {
  LoraOptions options;
  const std::string type = fields.string("peft_type");
  if (type != "LORA") {
    fields.fail("peft_type", "expected LORA, got '" + type.substr(0, 80) + "'", true);
  }
  read_targets(fields, options.targets);
  options.rank = fields.integer("r", 1, kMaxRank);
  options.alpha = fields.number("lora_alpha", 1e-9, 1e9);
  options.dropout = fields.number("lora_dropout", 0, 0.999999, 0);
  options.rs = fields.boolean("use_rslora", false);
  options.dora = fields.boolean("use_dora", false);
  options.bias = read_bias(fields);
  options.ranks = read_pattern<std::int64_t>(fields, "rank_pattern", 1, kMaxRank);
  options.alphas = read_pattern<double>(fields, "alpha_pattern", 1e-9, 1e9);
  for (const char* key : {"modules_to_save", "layers_to_transform", "layers_pattern",
                          "layer_replication", "trainable_token_indices", "target_parameters",
                          "lora_bias", "use_qalora", "use_bdlora", "alora_invocation_tokens",
                          "arrow_config", "kasa_config", "monteclora_config", "velora_config"}) {
    refuse(fields, key);
  }
  return options;
}

/// The weights under our names, without tables that PEFT saves with an embedding's adapter.
absl::StatusOr<StateDict> read_state(const std::string& folder) {
  const auto file = read_safetensors(weights_path(folder));
  if (!file.ok()) return file.status();
  StateDict state;
  for (const auto& [name, tensor] : file->tensors) {
    if (!ends_with(name, ".base_layer.weight")) state.emplace_back(own_name(name), tensor);
  }
  return state;
}

/// Whether the shapes of the file are those that the config gives the model's layers.
absl::Status check_fit(layers::Module& model, const LoraOptions& options, const StateDict& state) {
  std::map<std::string, Shape> shapes;
  for (const auto& [name, tensor] : state) shapes[name] = tensor.shape();
  for (const auto& [path, module] : find_targets("load_adapter", model, options.targets)) {
    const auto* linear = dynamic_cast<const layers::Linear*>(module);
    const auto* table = dynamic_cast<const layers::Embedding*>(module);
    const std::int64_t in = linear ? linear->in_features() : table->options().num_embeddings;
    const std::int64_t out = linear ? linear->out_features() : table->options().embedding_dim;
    const std::int64_t rank = rank_of(options, path);
    const std::string a = path + (linear ? ".lora_A.weight" : ".lora_embedding_A");
    const std::string b = path + (linear ? ".lora_B.weight" : ".lora_embedding_B");
    for (const auto& [name, wanted] : {std::pair(a, Shape{rank, in}), {b, Shape{out, rank}}}) {
      const auto found = shapes.find(name);
      if (found == shapes.end()) {
        return absl::InvalidArgumentError("tensor '" + name + "': expected one, got none");
      }
      if (found->second != wanted) {
        return absl::InvalidArgumentError("tensor '" + name + "': expected " + to_string(wanted) +
                                          ", got " + to_string(found->second));
      }
    }
  }
  return absl::OkStatus();
}

struct ReadAdapter {
  LoraOptions options;
  StateDict state;
};

absl::StatusOr<ReadAdapter> read_adapter(layers::Module& model, const std::string& folder) {
  auto options = read_adapter_config(config_path(folder));
  if (!options.ok()) return options.status();
  auto state = read_state(folder);
  if (!state.ok()) return state.status();
  try {
    const absl::Status fits = check_fit(model, *options, *state);
    if (!fits.ok()) return in_file(weights_path(folder), fits);
  } catch (const ValueError& error) {  // targets that mean nothing
    return absl::InvalidArgumentError(config_path(folder) +
                                      ": key 'target_modules': " + error.what());
  }
  return ReadAdapter{*std::move(options), *std::move(state)};
}

}  // namespace

absl::Status save_adapter(const std::string& folder, const Lora& lora,
                          const SaveAdapterOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::InternalError(folder + ": " + error.message());
  const StateDict state = lora.state(options.adapter);
  const std::set<std::string> adapted = adapted_layers(state);
  SafetensorsFile file{.tensors = {}, .metadata = {{"format", "pt"}}};
  for (const auto& [name, tensor] : state) {
    file.tensors.emplace_back(peft_name(name, adapted), tensor);
  }
  const absl::Status status = write_safetensors(weights_path(folder), file);
  if (!status.ok()) return status;
  const json config =
      config_json(lora.options(options.adapter), state, adapted, options.base_model);
  return write_file(config_path(folder), config.dump(2) + "\n");
}

absl::StatusOr<LoraOptions> read_adapter_config(const std::string& path) {
  const auto object = models::read_json_object(path);
  if (!object.ok()) return object.status();
  JsonFields fields(*object);
  const LoraOptions options = parse(fields);
  if (!fields.status().ok()) return in_file(path, fields.status());
  return options;
}

absl::StatusOr<std::unique_ptr<Lora>> load_adapter(layers::Module& model, const std::string& folder,
                                                   const std::string& adapter) {
  const auto read = read_adapter(model, folder);
  if (!read.ok()) return read.status();
  try {
    auto lora = std::make_unique<Lora>(model, read->options, adapter);
    lora->load_state(read->state, adapter);
    return lora;
  } catch (const ValueError& error) {
    return absl::InvalidArgumentError(weights_path(folder) + ": " + error.what());
  }
}

absl::Status add_adapter(Lora& lora, const std::string& folder, const std::string& adapter) {
  const auto read = read_adapter(lora.model(), folder);
  if (!read.ok()) return read.status();
  try {
    lora.add(adapter, read->options);
    lora.load_state(read->state, adapter);
    return absl::OkStatus();
  } catch (const ValueError& error) {
    return absl::InvalidArgumentError(weights_path(folder) + ": " + error.what());
  }
}

}  // namespace tenon::finetune
