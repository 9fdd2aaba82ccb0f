#include "finetune/quantize.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "finetune/quantized_operator.h"
#include "layers/embedding.h"
#include "layers/placeholders.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/safetensors.h"

namespace tenon::finetune {
namespace {

using layers::Linear;
using layers::StateDict;
using nlohmann::json;

void quantize_layer(Linear& layer, const quant::Options& options) {
  const Tensor weight = layer.linear_operator().dense_weight();
  layer.exchange_operator(std::make_unique<QuantizedOperator>(quant::quantize(weight, options)));
}

absl::Status named(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(), path + ": " + std::string(status.message()));
}

/// A state dict by name; entries are taken out as they are used.
using Remaining = std::map<std::string, Tensor>;

/// The entries of a layer that is quantized in the state, taken out; none for another layer.
std::map<std::string, Tensor> take_quantized(Remaining& state, const std::string& path) {
  std::map<std::string, Tensor> own;
  const std::string start = path + ".";
  const bool quantized = state.contains(start + "SCB") ||
                         state.contains(start + "weight.quant_state.bitsandbytes__nf4") ||
                         state.contains(start + "weight.quant_state.bitsandbytes__fp4");
  if (!quantized) return own;
  for (auto entry = state.lower_bound(start); entry != state.end();) {
    if (entry->first.compare(0, start.size(), start) != 0) break;
    const std::string name = entry->first.substr(start.size());
    if (name == "bias") {
      ++entry;
      continue;
    }
    own.emplace(name, entry->second);
    entry = state.erase(entry);
  }
  return own;
}

absl::Status load_layer(Linear& layer, const std::string& path, Remaining& state) {
  const auto own = take_quantized(state, path);
  if (own.empty()) return absl::OkStatus();
  auto weight = quantized_from_state(own);
  if (!weight.ok()) return named(path, weight.status());
  const Shape wanted = {layer.out_features(), layer.in_features()};
  if (weight->shape != wanted) {
    return absl::InvalidArgumentError(path + ".weight: expected " + to_string(wanted) + ", got " +
                                      to_string(weight->shape));
  }
  layer.exchange_operator(std::make_unique<QuantizedOperator>(*std::move(weight)));
  return absl::OkStatus();
}

/// Which format the first quantized layer has; null where there is none.
const QuantizedOperator* first_quantized(const layers::Module& model) {
  for (const auto& [path, module] : model.named_modules()) {
    auto* layer = const_cast<Linear*>(dynamic_cast<const Linear*>(module));
    if (!layer) continue;
    const auto* found = dynamic_cast<const QuantizedOperator*>(&layer->linear_operator());
    if (found) return found;
  }
  return nullptr;
}

json quantization_config(const quant::QuantizedTensor& weight) {
  const bool int8 = weight.format == quant::Format::kInt8;
  return {{"quant_method", "bitsandbytes"},
          {"load_in_4bit", !int8},
          {"load_in_8bit", int8},
          {"bnb_4bit_quant_type", int8 ? "nf4" : std::string(quant::name(weight.format))},
          {"bnb_4bit_use_double_quant", weight.nested()},
          {"bnb_4bit_compute_dtype", "float32"},
          {"bnb_4bit_quant_storage", "uint8"},
          {"llm_int8_skip_modules", {"lm_head"}}};
}

}  // namespace

int quantize_linears(layers::Module& model, const QuantizeOptions& options) {
  int count = 0;
  for (const auto& [path, module] : find_targets("quantize_linears", model, options.targets)) {
    auto* layer = dynamic_cast<Linear*>(module);
    if (!layer) continue;
    quantize_layer(*layer, options.quant);
    ++count;
  }
  if (count == 0) throw ValueError("[quantize_linears] expected targets that mean a linear layer");
  return count;
}

void tables_to_bf16(layers::Module& model) {
  for (const auto& [path, module] : model.named_modules()) {
    const auto* table = dynamic_cast<const layers::Embedding*>(module);
    if (table) table->weight().set_value(table->weight().value().to(DType::kBF16));
  }
}

int linears_to_bf16(layers::Module& model) {
  int count = 0;
  for (const auto& [path, module] :
       find_targets("linears_to_bf16", model, {.include = {"all-linear"}})) {
    auto* layer = dynamic_cast<Linear*>(module);
    const auto* dense =
        layer ? dynamic_cast<const layers::DenseOperator*>(&layer->linear_operator()) : nullptr;
    if (!dense) continue;
    dense->weight().set_value(dense->weight().value().to(DType::kBF16));
    ++count;
  }
  return count;
}

std::function<void(const std::string&, Linear&)> quantizer(const QuantizeOptions& options) {
  return [options](const std::string& path, Linear& layer) {
    const auto meant = [&](const std::string& target) {
      return target == "all-linear" ? !is_target(path, "lm_head") : is_target(path, target);
    };
    const Targets& targets = options.targets;
    if (std::any_of(targets.include.begin(), targets.include.end(), meant) &&
        std::none_of(targets.exclude.begin(), targets.exclude.end(), meant)) {
      quantize_layer(layer, options.quant);
    }
  };
}

absl::Status load_quantized_state(layers::Module& model, const StateDict& state) {
  Remaining remaining;
  for (const auto& [name, tensor] : state) {
    if (!remaining.emplace(name, tensor).second) {
      return absl::InvalidArgumentError("tensor '" + name + "': expected it once");
    }
  }
  for (const auto& [path, module] : model.named_modules()) {
    auto* layer = dynamic_cast<Linear*>(module);
    if (!layer) continue;
    if (auto status = load_layer(*layer, path, remaining); !status.ok()) return status;
  }
  for (const auto& [name, parameter] : model.named_parameters()) {
    const auto found = remaining.find(name);
    if (found == remaining.end()) {
      return absl::InvalidArgumentError("tensor '" + name + "': expected one, got none");
    }
    if (found->second.shape() != parameter.shape() || !is_floating(found->second.dtype())) {
      return absl::InvalidArgumentError(
          "tensor '" + name + "': expected floating " + to_string(parameter.shape()) + ", got " +
          std::string(tenon::name(found->second.dtype())) + to_string(found->second.shape()));
    }
    parameter.set_value(found->second);
    remaining.erase(found);
  }
  if (remaining.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError("tensor '" + remaining.begin()->first +
                                    "': expected no such one");
}

absl::Status save_quantized_lm(const std::string& folder, const models::CausalLm& model) {
  const QuantizedOperator* quantized = first_quantized(model);
  if (!quantized) {
    return absl::FailedPreconditionError(
        "[save_quantized_lm] expected a quantized layer, got none");
  }
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return absl::InternalError(folder + ": " + error.message());
  SafetensorsFile file{.tensors = {}, .metadata = {{"format", "pt"}}};
  for (auto& [name, tensor] : model.state_dict()) {
    if (model.config().tied && name == "lm_head.weight") continue;
    file.tensors.emplace_back(name, tensor);
  }
  const auto status = write_safetensors(folder + "/model.safetensors", file);
  if (!status.ok()) return status;
  json config = json::parse(models::lm_config_json(model.config(), DType::kF32));
  config["quantization_config"] = quantization_config(quantized->weight());
  return write_file(folder + "/config.json", config.dump(2) + "\n");
}

absl::StatusOr<std::unique_ptr<models::CausalLm>> load_quantized_lm(const std::string& folder) {
  const auto config = models::read_lm_config(folder + "/config.json");
  if (!config.ok()) return config.status();
  const std::string path = folder + "/model.safetensors";
  const auto file = read_safetensors(path);
  if (!file.ok()) return file.status();
  if (static_cast<std::size_t>(config->layers) > file->tensors.size()) {
    return absl::InvalidArgumentError(path + ": expected tensors of " +
                                      std::to_string(config->layers) + " layers (config.json)");
  }
  std::unique_ptr<models::CausalLm> model;
  {
    const layers::Placeholders scope;
    model = models::make_causal_lm(*config);
  }
  const auto status = load_quantized_state(*model, file->tensors);
  if (!status.ok()) return named(path, status);
  model->eval();
  return model;
}

}  // namespace tenon::finetune
