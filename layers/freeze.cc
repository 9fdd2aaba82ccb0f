#include "layers/freeze.h"

namespace tenon::layers {
namespace {

/// Linear in memory, and no worse than the product of the lengths in time: only the last star seen
/// is ever taken up again.
bool matches(std::string_view name, std::string_view pattern) {
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

int set_trainable(const char* op, const Module& module, std::string_view pattern, bool trainable) {
  int count = 0;
  for (const auto& [name, parameter] : module.named_parameters()) {
    if (!matches(name, pattern)) continue;
    parameter.set_requires_grad(trainable);
    if (!trainable) parameter.zero_grad();
    ++count;
  }
  if (count == 0) {
    throw ValueError(std::string("[") + op + "] expected a pattern that matches a parameter of " +
                     module.describe() + ", got \"" + std::string(pattern) + "\"");
  }
  return count;
}

}  // namespace

int freeze(const Module& module, std::string_view pattern) {
  return set_trainable("freeze", module, pattern, false);
}

int unfreeze(const Module& module, std::string_view pattern) {
  return set_trainable("unfreeze", module, pattern, true);
}

}  // namespace tenon::layers
