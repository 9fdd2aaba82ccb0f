// Module's state dict: out, and in again.

#include <string>
#include <unordered_map>

#include "layers/module.h"

namespace tenon::layers {
namespace {

using Given = std::unordered_map<std::string_view, const Tensor*>;

Given index_state(const StateDict& state, const std::string& where) {
  Given given;
  for (const auto& [name, tensor] : state) {
    if (!given.emplace(name, &tensor).second) {
      throw StateDictError(where + "the state dict has \"" + name + "\" twice");
    }
  }
  return given;
}

/// "3 missing (fc1.weight, fc1.bias, …); ": the first few are enough to see what is wrong.
std::string list(const char* what, const std::vector<std::string>& names) {
  constexpr std::size_t kShown = 8;
  if (names.empty()) return "";
  std::string text = std::to_string(names.size()) + " " + what + " (";
  for (std::size_t i = 0; i < names.size() && i < kShown; ++i) {
    text += (i > 0 ? ", " : "") + names[i];
  }
  return text + (names.size() > kShown ? ", …); " : "); ");
}

std::string mismatch(const std::string& name, const Shape& expected, const Tensor& got) {
  return name + ": expected " + to_string(expected) + ", got " +
         (got.defined() ? to_string(got.shape()) : "an undefined tensor");
}

}  // namespace

std::string to_string(const LoadReport& report) {
  std::string text = list("missing", report.missing) + list("unexpected", report.unexpected) +
                     list("misshapen", report.misshapen);
  if (text.empty()) return "all names and shapes agree";
  text.resize(text.size() - 2);  // the last "; "
  return text;
}

NamedVariables Module::state_variables() const {
  NamedVariables variables;
  for (const auto& [path, module] : named_modules()) {
    const std::string prefix = path.empty() ? path : path + ".";
    for (const NamedVariables* list : {&module->parameters_, &module->buffers_}) {
      for (const auto& [name, variable] : *list) variables.emplace_back(prefix + name, variable);
    }
  }
  return variables;
}

bool Module::is_optional(std::string_view name) const {
  for (const auto& [path, module] : named_modules()) {
    const std::string prefix = path.empty() ? path : path + ".";
    for (const std::string& own : module->optional_) {
      if (name == prefix + own) return true;
    }
  }
  return false;
}

StateDict Module::state_dict() const {
  StateDict state;
  for (const auto& [name, variable] : state_variables()) {
    state.emplace_back(name, variable.value());
  }
  return state;
}

LoadReport Module::load_state_dict(const StateDict& state, const LoadOptions& options) {
  const std::string where = "[load_state_dict] " + describe() + ": ";
  Given given = index_state(state, where);
  LoadReport report;
  std::vector<std::pair<Variable, Tensor>> copies;
  for (const auto& [name, variable] : state_variables()) {
    const auto found = given.find(name);
    if (found == given.end()) {
      if (!is_optional(name)) report.missing.push_back(name);
      continue;
    }
    const Tensor& value = *found->second;
    given.erase(found);
    if (!value.defined() || value.shape() != variable.shape()) {
      report.misshapen.push_back(mismatch(name, variable.shape(), value));
    } else {
      // Converted before anything is written, so that no failure leaves the module half loaded.
      copies.emplace_back(variable, value.to(variable.dtype()).to(variable.device()));
    }
  }
  for (const auto& [name, tensor] : state) {
    if (given.contains(name)) report.unexpected.push_back(name);
  }
  if (!report.misshapen.empty() || (options.strict && !report.ok())) {
    throw StateDictError(where + to_string(report), report);
  }
  for (const auto& [variable, value] : copies) variable.value().copy_(value);
  return report;
}

}  // namespace tenon::layers
