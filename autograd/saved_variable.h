// Values that a rule keeps for backward.
//
//   [x = save(x), y = save_output(y)](Gradients& g) { g.set(0, g.output() * y.get(g) / x.get(g)); }
#ifndef TENON_AUTOGRAD_SAVED_VARIABLE_H_
#define TENON_AUTOGRAD_SAVED_VARIABLE_H_

#include <cstdint>

#include "autograd/node.h"
#include "autograd/variable.h"

namespace tenon::autograd {

/// A variable as it was when it was saved. Remembers its place in the graph, so that the derivative
/// has a derivative, and notices when the value was overwritten.
class SavedVariable {
 public:
  SavedVariable() = default;

  /// The variable (undefined where an undefined one was saved). Throws AutogradError that names the
  /// operation where its elements were written in place, or its value replaced, since it was saved.
  const Variable& get(const Gradients& gradients) const;
  /// Whether get() has it.
  bool is_current() const;

 private:
  friend SavedVariable save(const Variable& variable);
  friend SavedVariable save_output(const Tensor& value, int output);
  SavedVariable(Variable variable, int output);

  Variable variable_;
  std::uint64_t stamp_ = 0;
  int output_ = -1;  // the operation's own output of that number, or -1
};

/// Saves an input, or a constant.
SavedVariable save(const Variable& variable);
/// Saves `variable` where `wanted`, else nothing: what only an unneeded gradient would read.
SavedVariable save_if(bool wanted, const Variable& variable);
/// Saves the value of the operation's own output. The graph position is found again from the node
/// at work, because a variable that points at its own node would never go away.
SavedVariable save_output(const Tensor& value, int output = 0);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_SAVED_VARIABLE_H_
