#include "layers/freeze.h"

namespace tenon::layers {

// Linear in memory, and no worse than the product of the lengths in time: only the last star seen
// is ever taken up again.
bool matches_pattern(std::string_view name, std::string_view pattern) {
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t star = std::string_view::npos;
  std::size_t resume = 0;
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      resume = n;
    } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == name[n])) {
      ++n;
      ++p;
    } else if (star != std::string_view::npos) {
      p = star + 1;
      n = ++resume;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

namespace {

NamedVariables matching(const char* op, const Module& module, std::string_view pattern) {
  NamedVariables parameters = module.named_parameters();
  std::erase_if(parameters,
                [&](const auto& entry) { return !matches_pattern(entry.first, pattern); });
  if (parameters.empty()) {
    throw ValueError(std::string("[") + op + "] expected a pattern that matches a parameter of " +
                     module.describe() + ", got \"" + std::string(pattern) + "\"");
  }
  return parameters;
}

}  // namespace

NamedVariables parameters_matching(const Module& module, std::string_view pattern) {
  return matching("parameters_matching", module, pattern);
}

int freeze(const Module& module, std::string_view pattern) {
  const NamedVariables parameters = matching("freeze", module, pattern);
  for (const auto& [name, parameter] : parameters) {
    parameter.set_requires_grad(false);
    parameter.zero_grad();
  }
  return static_cast<int>(parameters.size());
}

int unfreeze(const Module& module, std::string_view pattern) {
  const NamedVariables parameters = matching("unfreeze", module, pattern);
  for (const auto& [name, parameter] : parameters) parameter.set_requires_grad(true);
  return static_cast<int>(parameters.size());
}

}  // namespace tenon::layers
