#include "regularize/masks.h"

#include <algorithm>
#include <cstdio>

#include "autograd/ops.h"
#include "layers/freeze.h"
#include "tensor/ops.h"

namespace tenon::regularize {
namespace {

using layers::Variable;

struct Owner {
  layers::Module* module;
  std::string local;  // the parameter's name within it
};

// The deepest module whose path begins the name.
Owner owner_of(layers::Module& root, const std::string& name) {
  Owner best{&root, name};
  for (const auto& [path, module] : root.named_modules()) {
    if (path.empty() || name.rfind(path + ".", 0) != 0) continue;
    if (name.size() - path.size() - 1 < best.local.size()) {
      best = {module, name.substr(path.size() + 1)};
    }
  }
  return best;
}

Variable find_buffer(const layers::Module& module, const std::string& name) {
  for (const auto& [found, buffer] : module.buffers()) {
    if (found == name) return buffer;
  }
  return {};
}

std::int64_t count_masked(const Tensor& mask) { return sum(eq(mask, 0)).item<std::int64_t>(); }

}  // namespace

std::string to_string(const std::vector<SparsityRow>& report) {
  std::size_t width = 9;
  for (const SparsityRow& row : report) width = std::max(width, row.name.size());
  char line[64];
  std::string text = "parameter";
  text.append(width - text.size(), ' ');
  std::snprintf(line, sizeof line, "  %12s %12s %9s  %s\n", "masked", "elements", "percent",
                "shape");
  text += line;
  for (const SparsityRow& row : report) {
    std::snprintf(line, sizeof line, "  %12lld %12lld %9.2f", static_cast<long long>(row.masked),
                  static_cast<long long>(row.elements), 100 * row.sparsity());
    text += row.name + std::string(width - row.name.size(), ' ') + line;
    text += row.name == "total" ? "\n" : "  " + tenon::to_string(row.shape) + "\n";
  }
  return text;
}

Masks::Masks(layers::Module& module, std::string_view parameters) {
  for (const auto& [name, parameter] : layers::parameters_matching(module, parameters)) {
    add(module, name, parameter);
  }
}

Masks::~Masks() { remove_hooks(); }

void Masks::add(layers::Module& module, const std::string& name, const Variable& parameter) {
  const Owner owner = owner_of(module, name);
  const std::string buffer = owner.local + "_mask";
  Variable mask = find_buffer(*owner.module, buffer);
  if (!mask.defined()) mask = owner.module->attach_buffer(buffer, ones_like(parameter.value()));
  const int hook = parameter.register_hook(
      [mask](const Variable& grad) { return autograd::to(grad * mask, grad.dtype()); });
  entries_.push_back({name, parameter, mask});
  places_.push_back({owner.module, buffer, hook});
}

void Masks::remove_hooks() {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    entries_[i].parameter.remove_hook(places_[i].hook);
  }
}

void Masks::set(std::size_t index, const Tensor& mask) {
  if (index >= entries_.size()) {
    throw IndexError("[Masks] expected an index below " + std::to_string(entries_.size()) +
                     ", got " + std::to_string(index));
  }
  const Entry& entry = entries_[index];
  if (mask.shape() != entry.parameter.shape()) {
    throw ShapeError("[Masks] expected a mask " + tenon::to_string(entry.parameter.shape()) +
                     " for " + entry.name + ", got " + tenon::to_string(mask.shape()));
  }
  entry.mask.value().copy_(ne(mask, 0).to(entry.parameter.dtype()));
  apply();
}

void Masks::apply() const {
  for (const Entry& entry : entries_) {
    entry.parameter.value().copy_(entry.parameter.value() * entry.mask.value());
  }
}

void Masks::remove() {
  apply();
  remove_hooks();
  for (const Place& place : places_) place.owner->detach_buffer(place.buffer);
  entries_.clear();
  places_.clear();
}

std::vector<SparsityRow> Masks::report() const {
  std::vector<SparsityRow> rows;
  SparsityRow total{.name = "total"};
  for (const Entry& entry : entries_) {
    const std::int64_t masked = count_masked(entry.mask.value());
    rows.push_back({entry.name, entry.parameter.shape(), masked, entry.parameter.numel()});
    total.masked += masked;
    total.elements += entry.parameter.numel();
  }
  rows.push_back(total);
  return rows;
}

absl::Status Masks::on_fit_begin(train::Run&) {
  apply();  // a checkpoint may have been loaded
  return absl::OkStatus();
}

absl::Status Masks::on_step_end(train::Run&, const data::Batch&) {
  apply();
  return absl::OkStatus();
}

}  // namespace tenon::regularize
