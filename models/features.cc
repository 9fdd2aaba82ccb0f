#include "models/features.h"

#include <algorithm>

namespace tenon::models {
namespace {

using layers::Variable;

std::string names_of(layers::Module& model) {
  std::string text;
  for (const auto& [name, module] : model.named_modules()) {
    if (!name.empty()) text += (text.empty() ? "" : ", ") + name;
  }
  return text;
}

}  // namespace

Features::Features(layers::Module& model, std::vector<std::string> layers) : model_(model) {
  if (layers.empty()) throw ValueError("[Features] expected the name of a layer, got none");
  seen_.resize(layers.size());
  try {
    for (const std::string& name : layers) tap(model, name);
  } catch (...) {
    remove_hooks();
    throw;
  }
}

Features::~Features() { remove_hooks(); }

void Features::tap(layers::Module& model, const std::string& name) {
  const layers::NamedModules modules = model.named_modules();
  const auto found = std::find_if(modules.begin(), modules.end(),
                                  [&](const auto& entry) { return entry.first == name; });
  if (name.empty() || found == modules.end()) {
    throw ValueError("[Features] expected a layer of " + model.describe() + " (" + names_of(model) +
                     "), got \"" + name + "\"");
  }
  const std::size_t index = taps_.size();
  const int hook = found->second->register_forward_hook(
      [this, index](const Variable& output) { seen_[index] = output; });
  taps_.push_back({name, found->second, hook});
}

void Features::remove_hooks() {
  for (const Tap& tap : taps_) tap.module->remove_forward_hook(tap.hook);
}

std::vector<Variable> Features::operator()(const Variable& x) {
  std::fill(seen_.begin(), seen_.end(), Variable());
  output_ = model_(x);
  for (std::size_t i = 0; i < taps_.size(); ++i) {
    if (!seen_[i].defined()) {
      throw ValueError("[Features] expected layer \"" + taps_[i].name +
                       "\" to run in the forward of " + model_.describe() + ", but it did not");
    }
  }
  return std::exchange(seen_, std::vector<Variable>(taps_.size()));
}

}  // namespace tenon::models
