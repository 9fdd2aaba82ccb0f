// The hooks of one variable, or of the outputs of one node.
#ifndef TENON_AUTOGRAD_INTERNAL_HOOKS_H_
#define TENON_AUTOGRAD_INTERNAL_HOOKS_H_

#include <cstdint>
#include <vector>

#include "autograd/variable.h"

namespace tenon::autograd {

class HookList {
 public:
  /// Returns an id that no other hook of the list has had.
  int add(std::uint32_t output, GradHook hook);
  void remove(int id);
  /// The gradient of `output` after the hooks on it, in the order they were registered. Throws
  /// AutogradError for a replacement of another shape.
  Variable run(std::uint32_t output, Variable grad) const;

 private:
  struct Entry {
    int id;
    std::uint32_t output;
    GradHook hook;
  };
  std::vector<Entry> entries_;
  int next_id_ = 0;
};

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_HOOKS_H_
