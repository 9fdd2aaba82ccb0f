#include "autograd/internal/hooks.h"

#include <utility>

namespace tenon::autograd {

int HookList::add(std::uint32_t output, GradHook hook) {
  entries_.push_back({next_id_, output, std::move(hook)});
  return next_id_++;
}

void HookList::remove(int id) {
  std::erase_if(entries_, [id](const Entry& entry) { return entry.id == id; });
}

Variable HookList::run(std::uint32_t output, Variable grad) const {
  // A copy, so that a hook may remove itself.
  const std::vector<Entry> entries = entries_;
  for (const Entry& entry : entries) {
    if (entry.output != output) continue;
    Variable replacement = entry.hook(grad);
    if (!replacement.defined()) continue;
    if (replacement.shape() != grad.shape()) {
      throw AutogradError("[hook] expected a gradient of shape " + to_string(grad.shape()) +
                          ", got " + to_string(replacement.shape()));
    }
    grad = std::move(replacement);
  }
  return grad;
}

}  // namespace tenon::autograd
