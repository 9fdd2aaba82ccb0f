#include "finetune/vision.h"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "layers/freeze.h"

namespace tenon::finetune {
namespace {

using autograd::Variable;

bool matches_any(std::string_view name, std::string_view patterns) {
  while (true) {
    const std::size_t bar = patterns.find('|');
    if (layers::matches_pattern(name, patterns.substr(0, bar))) return true;
    if (bar == std::string_view::npos) return false;
    patterns.remove_prefix(bar + 1);
  }
}

/// Index of the one group that a parameter is in.
std::size_t group_of(const std::string& name, const std::vector<std::string>& patterns) {
  std::size_t found = patterns.size();
  for (std::size_t i = 0; i < patterns.size(); ++i) {
    if (!matches_any(name, patterns[i])) continue;
    if (found != patterns.size()) {
      throw ValueError("[layer_groups] expected " + name + " in one group, got it in \"" +
                       patterns[found] + "\" and \"" + patterns[i] + "\"");
    }
    found = i;
  }
  if (found == patterns.size()) {
    throw ValueError("[layer_groups] expected " + name + " in a group, got it in none");
  }
  return found;
}

}  // namespace

void replace_head(layers::Linear& head, std::int64_t classes) {
  if (classes < 1) {
    throw ValueError("[replace_head] expected at least one class, got " + std::to_string(classes));
  }
  const TensorOptions options = head.linear_operator().dense_weight().options();
  const layers::Linear fresh(
      {.in_features = head.in_features(), .out_features = classes, .bias = head.bias().defined()});
  const auto made = [&](const Variable& value) {
    return Variable(value.value().to(options.dtype).to(options.device), true);
  };
  head.replace(std::make_unique<layers::DenseOperator>(made(fresh.weight())),
               fresh.bias().defined() ? made(fresh.bias()) : Variable());
}

std::vector<LayerGroup> layer_groups(const layers::Module& model,
                                     const std::vector<std::string>& patterns) {
  std::vector<LayerGroup> groups;
  for (const std::string& pattern : patterns)
    groups.push_back({.patterns = pattern, .parameters = {}});
  for (const auto& [name, parameter] : model.named_parameters()) {
    groups[group_of(name, patterns)].parameters.push_back(parameter);
  }
  for (const LayerGroup& group : groups) {
    if (group.parameters.empty()) {
      throw ValueError("[layer_groups] expected patterns that match a parameter of " +
                       model.describe() + ", got \"" + group.patterns + "\"");
    }
  }
  return groups;
}

std::unique_ptr<optim::AdamW> discriminative_adamw(const std::vector<LayerGroup>& groups,
                                                   const DiscriminativeOptions& options) {
  if (groups.empty() || !(options.factor > 0)) {
    throw ValueError("[discriminative_adamw] expected groups and a factor above 0");
  }
  const auto of_group = [&](std::size_t i) {
    const auto behind = static_cast<double>(groups.size() - 1 - i);
    return optim::AdamWOptions{.lr = options.lr / std::pow(options.factor, behind),
                               .weight_decay = options.weight_decay};
  };
  for (const LayerGroup& group : groups) {
    for (const Variable& parameter : group.parameters) parameter.set_requires_grad(true);
  }
  auto optimizer = std::make_unique<optim::AdamW>(groups[0].parameters, of_group(0));
  for (std::size_t i = 1; i < groups.size(); ++i) {
    optimizer->add_group(groups[i].parameters, of_group(i));
  }
  return optimizer;
}

GradualUnfreezing::GradualUnfreezing(std::vector<LayerGroup> groups, int epochs_per_group)
    : groups_(std::move(groups)), epochs_per_group_(epochs_per_group) {
  if (groups_.empty() || epochs_per_group < 1) {
    throw ValueError("[GradualUnfreezing] expected groups, and epochs_per_group of at least 1");
  }
  at_epoch(0);
}

int GradualUnfreezing::at_epoch(int epoch) {
  const auto count = static_cast<int>(groups_.size());
  const int trained = std::min(std::max(epoch, 0) / epochs_per_group_ + 1, count);
  for (int i = 0; i < count; ++i) {
    const bool on = i >= count - trained;
    for (const Variable& parameter : groups_[static_cast<std::size_t>(i)].parameters) {
      parameter.set_requires_grad(on);
      if (!on) parameter.zero_grad();
    }
  }
  return trained;
}

}  // namespace tenon::finetune
