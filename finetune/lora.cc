#include "finetune/lora.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>

#include "finetune/lora_layers.h"
#include "tensor/ops.h"

namespace tenon::finetune {
namespace {

using layers::NamedVariables;
using layers::StateDict;

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

/// Elements that a layer's quantized weight stands for.
std::int64_t quantized_elements(const layers::Linear& layer) {
  const layers::LinearOperator* op = &const_cast<layers::Linear&>(layer).linear_operator();
  if (const auto* lora = dynamic_cast<const LoraOperator*>(op)) op = &lora->base();
  const auto* quantized = dynamic_cast<const QuantizedOperator*>(op);
  return quantized ? quantized->weight().numel() : 0;
}

/// Whether a head multiplies with this table.
bool is_shared(layers::Module& model, const Variable& table) {
  for (const auto& [path, module] : model.named_modules()) {
    auto* linear = dynamic_cast<layers::Linear*>(module);
    if (!linear) continue;
    for (const auto& [name, parameter] : linear->linear_operator().parameters()) {
      if (parameter.same_as(table)) return true;
    }
  }
  return false;
}

/// PiSSA's matrices for the weights as they were before it: B A - B0 A0 = [B,-B0] [A;A0].
std::pair<Tensor, Tensor> as_plain(const LoraSlot& slot) {
  if (!slot.first_a.defined()) return {slot.a.value(), slot.b.value()};
  const std::array<Tensor, 2> a = {slot.a.value(), slot.first_a};
  const std::array<Tensor, 2> b = {slot.b.value(), tenon::neg(slot.first_b)};
  return {tenon::cat(a, 0), tenon::cat(b, 1)};
}

}  // namespace

TrainableReport trainable_report(const layers::Module& model) {
  TrainableReport report{.trainable = model.num_parameters(/*trainable_only=*/true),
                         .all = model.num_parameters()};
  for (const auto& [path, module] : model.named_modules()) {
    if (const auto* linear = dynamic_cast<const layers::Linear*>(module)) {
      report.all += quantized_elements(*linear);
    }
  }
  return report;
}

std::string to_string(const TrainableReport& report) {
  char text[96];
  std::snprintf(text, sizeof text, "trainable %lld of %lld (%.2f %%)",
                static_cast<long long>(report.trainable), static_cast<long long>(report.all),
                100.0 * static_cast<double>(report.trainable) / static_cast<double>(report.all));
  return text;
}

Lora::Lora(layers::Module& model, const LoraOptions& options, const std::string& adapter)
    : model_(model) {
  add(adapter, options);
}

void Lora::check_name(const std::string& adapter) const {
  if (!adapters_.contains(adapter)) {
    throw ValueError("[Lora] expected the name of an adapter, got \"" + adapter + "\"");
  }
}

void Lora::add(const std::string& adapter, const LoraOptions& options) {
  check_lora_options(options);
  if (adapter.empty() || adapter.find('.') != std::string::npos || adapters_.contains(adapter)) {
    throw ValueError("[Lora] expected a new name without dots for an adapter, got \"" + adapter +
                     "\"");
  }
  if (merged_) throw ValueError("[Lora] expected adapters that are not merged");
  install(adapter, options);
  adapters_.emplace(adapter, options);
  set_active({adapter});
}

void Lora::install(const std::string& adapter, const LoraOptions& options) {
  const layers::NamedModules targets = find_targets("Lora", model_, options.targets);
  // What cannot be is refused before anything is changed.
  for (const auto& [path, module] : targets) {
    if (dynamic_cast<layers::Linear*>(module)) continue;
    if (options.dora || options.init == LoraInit::kPissa) {
      throw ValueError("[Lora] expected linear layers for DoRA and PiSSA, got the embedding " +
                       path);
    }
  }
  for (const auto& [path, module] : targets) add_slot(*module, path, adapter, options);
}

std::vector<std::string> Lora::adapters() const {
  std::vector<std::string> names;
  for (const auto& [name, options] : adapters_) names.push_back(name);
  return names;
}

const LoraOptions& Lora::options(const std::string& adapter) const {
  check_name(adapter);
  return adapters_.at(adapter);
}

void Lora::set_active(const std::vector<std::string>& adapters) {
  if (merged_) throw ValueError("[Lora] expected adapters that are not merged");
  for (const std::string& adapter : adapters) {
    check_name(adapter);
    if (adapters.size() > 1 && adapters_.at(adapter).dora) {
      throw ValueError("[Lora] expected \"" + adapter + "\", which has DoRA, to be active alone");
    }
  }
  active_ = adapters;
  for (const LoraLayer& layer : lora_layers(model_)) {
    for (LoraSlot& slot : layer.slots()) {
      slot.active = std::find(active_.begin(), active_.end(), slot.name) != active_.end();
    }
  }
  update_trainable();
}

void Lora::update_trainable() {
  for (const Variable& parameter : model_.parameters()) {
    parameter.set_requires_grad(false);
    parameter.zero_grad();
  }
  for (const std::string& adapter : active_) {
    for (const auto& [name, variable] : own_variables(adapter)) variable.set_requires_grad(true);
  }
}

void Lora::set_scale(const std::string& adapter, double factor) {
  check_name(adapter);
  if (merged_) throw ValueError("[Lora] expected adapters that are not merged");
  for (const LoraLayer& layer : lora_layers(model_)) {
    for (LoraSlot& slot : layer.slots()) {
      if (slot.name == adapter) slot.factor = factor;
    }
  }
}

void Lora::set_enabled(bool on) {
  for (const LoraLayer& layer : lora_layers(model_)) {
    if (layer.lora) {
      layer.lora->set_enabled(on);
    } else {
      layer.update->set_enabled(on);
    }
  }
}

MergeReport Lora::merge(const MergeOptions& options) {
  if (merged_) throw ValueError("[Lora] expected adapters that are not merged yet");
  const std::vector<LoraLayer> layers = lora_layers(model_);
  for (const LoraLayer& layer : layers) {
    if (layer.update && is_shared(model_, layer.embedding->weight())) {
      throw ValueError("[Lora] expected a table of its own for " + layer.path +
                       ", got one that a head shares: merging would change the head");
    }
    for (const LoraSlot& slot : layer.slots()) {
      if (!all_finite(slot.a.value()) || !all_finite(slot.b.value())) {
        throw ValueError("[Lora] expected finite updates of " + layer.path +
                         ", got infinity or NaN");
      }
    }
  }
  MergeReport report;
  for (const LoraLayer& layer : layers) {
    ++report.layers;
    if (layer.update) {
      layer.update->merge(layer.embedding->weight().value());
      continue;
    }
    const auto error = layer.lora->merge(options.requantize);
    layer.refresh();
    if (!error) continue;
    ++report.requantized;
    report.error.mean += error->mean;
    report.error.largest = std::max(report.error.largest, error->largest);
  }
  if (report.requantized > 0) report.error.mean /= report.requantized;
  merged_ = true;
  return report;
}

void Lora::unmerge() {
  if (!merged_) throw ValueError("[Lora] expected adapters that are merged");
  for (const LoraLayer& layer : lora_layers(model_)) {
    if (layer.update) {
      layer.update->unmerge(layer.embedding->weight().value());
    } else {
      layer.lora->unmerge();
      layer.refresh();
    }
  }
  merged_ = false;
}

void Lora::unload() {
  for (const LoraLayer& layer : lora_layers(model_)) {
    if (layer.embedding) {
      layer.embedding->exchange_update(nullptr);
      continue;
    }
    if (!merged_) {
      for (LoraSlot& slot : layer.slots()) {
        // Gives back what PiSSA took out of the weight.
        if (!slot.first_a.defined()) continue;
        slot.a.set_value(slot.first_a);
        slot.b.set_value(slot.first_b);
        slot.active = true;
      }
      std::erase_if(layer.slots(), [](const LoraSlot& slot) { return !slot.first_a.defined(); });
      if (!layer.slots().empty()) layer.lora->merge(false);
    }
    layer.linear->replace(layer.lora->release_base(), layer.linear->bias());
  }
  for (const Variable& parameter : model_.parameters()) {
    if (is_floating(parameter.dtype())) parameter.set_requires_grad(true);
  }
  adapters_.clear();
  active_.clear();
  merged_ = false;
}

NamedVariables Lora::biases(const LoraOptions& options) const {
  NamedVariables found;
  if (options.bias == LoraBias::kNone) return found;
  std::set<std::string> adapted;
  for (const LoraLayer& layer : lora_layers(model_)) adapted.insert(layer.path + ".bias");
  for (const auto& [name, parameter] : model_.named_parameters()) {
    if (!ends_with(name, "bias")) continue;
    if (options.bias == LoraBias::kAll || adapted.contains(name))
      found.emplace_back(name, parameter);
  }
  return found;
}

NamedVariables Lora::own_variables(const std::string& adapter) const {
  NamedVariables own;
  for (const LoraLayer& layer : lora_layers(model_)) {
    for (const LoraSlot& slot : layer.slots()) {
      if (slot.name != adapter) continue;
      const bool table = layer.update != nullptr;
      own.emplace_back(layer.path + (table ? ".lora_embedding_A" : ".lora_A.weight"), slot.a);
      own.emplace_back(layer.path + (table ? ".lora_embedding_B" : ".lora_B.weight"), slot.b);
      if (slot.magnitude.defined()) {
        own.emplace_back(layer.path + ".lora_magnitude_vector", slot.magnitude);
      }
    }
  }
  for (auto& bias : biases(adapters_.at(adapter))) own.push_back(std::move(bias));
  return own;
}

std::vector<Variable> Lora::trainable() const {
  std::vector<Variable> found;
  for (const Variable& parameter : model_.parameters()) {
    if (parameter.requires_grad()) found.push_back(parameter);
  }
  return found;
}

StateDict Lora::state(const std::string& adapter) const {
  check_name(adapter);
  StateDict state;
  for (const LoraLayer& layer : lora_layers(model_)) {
    for (const LoraSlot& slot : layer.slots()) {
      if (slot.name != adapter) continue;
      const auto [a, b] = as_plain(slot);
      const bool table = layer.update != nullptr;
      state.emplace_back(layer.path + (table ? ".lora_embedding_A" : ".lora_A.weight"), a);
      state.emplace_back(layer.path + (table ? ".lora_embedding_B" : ".lora_B.weight"), b);
      if (slot.magnitude.defined()) {
        state.emplace_back(layer.path + ".lora_magnitude_vector", slot.magnitude.value());
      }
    }
  }
  for (const auto& [name, bias] : biases(adapters_.at(adapter))) {
    state.emplace_back(name, bias.value());
  }
  return state;
}

void Lora::load_state(const StateDict& state, const std::string& adapter) {
  check_name(adapter);
  std::map<std::string, Tensor> given;
  layers::LoadReport report;
  for (const auto& [name, tensor] : state) {
    if (!given.emplace(name, tensor).second) {
      throw layers::StateDictError("[Lora] expected '" + name + "' once");
    }
  }
  const NamedVariables own = own_variables(adapter);
  for (const auto& [name, variable] : own) {
    const auto found = given.find(name);
    if (found == given.end()) {
      report.missing.push_back(name);
    } else if (found->second.shape() != variable.shape() || !is_floating(found->second.dtype())) {
      report.misshapen.push_back(name + ": expected " + to_string(variable.shape()) + ", got " +
                                 to_string(found->second.shape()));
    }
  }
  for (const auto& [name, tensor] : given) {
    const bool known = std::any_of(own.begin(), own.end(),
                                   [&, &n = name](const auto& entry) { return entry.first == n; });
    if (!known) report.unexpected.push_back(name);
  }
  if (!report.ok()) throw layers::StateDictError("[Lora] " + layers::to_string(report), report);
  for (const auto& [name, variable] : own) variable.value().copy_(given.at(name));
}

}  // namespace tenon::finetune
