#include "finetune/targets.h"

#include <algorithm>

#include "layers/embedding.h"
#include "layers/freeze.h"
#include "layers/linear.h"

namespace tenon::finetune {
namespace {

constexpr std::string_view kAllLinear = "all-linear";

bool is_head(std::string_view path) { return path == "lm_head" || is_target(path, "lm_head"); }

bool means(const std::string& path, const layers::Module& module, const std::string& target) {
  const bool linear = dynamic_cast<const layers::Linear*>(&module) != nullptr;
  if (target == kAllLinear) return linear && !is_head(path);
  const bool embedding = dynamic_cast<const layers::Embedding*>(&module) != nullptr;
  return (linear || embedding) && is_target(path, target);
}

}  // namespace

bool is_target(std::string_view path, std::string_view target) {
  if (target.find_first_of("*?") != std::string_view::npos) {
    return layers::matches_pattern(path, target);
  }
  if (path.size() <= target.size()) return path == target;
  const std::size_t start = path.size() - target.size();
  return path.substr(start) == target && path[start - 1] == '.';
}

layers::NamedModules find_targets(const char* op, layers::Module& model, const Targets& targets) {
  layers::NamedModules found;
  std::vector<bool> used(targets.include.size());
  for (const auto& [path, module] : model.named_modules()) {
    bool meant = false;
    for (std::size_t i = 0; i < targets.include.size(); ++i) {
      if (!means(path, *module, targets.include[i])) continue;
      used[i] = true;
      meant = true;
    }
    const bool excluded =
        std::any_of(targets.exclude.begin(), targets.exclude.end(),
                    [&, &p = path](const std::string& target) { return is_target(p, target); });
    if (meant && !excluded) found.emplace_back(path, module);
  }
  for (std::size_t i = 0; i < used.size(); ++i) {
    if (!used[i]) {
      throw ValueError(std::string("[") + op + "] expected a target that means a layer of " +
                       model.describe() + ", got \"" + targets.include[i] + "\"");
    }
  }
  if (found.empty()) {
    throw ValueError(std::string("[") + op + "] expected targets that mean a layer of " +
                     model.describe() + ", got none");
  }
  return found;
}

}  // namespace tenon::finetune
