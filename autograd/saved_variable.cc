#include "autograd/saved_variable.h"

#include <string>
#include <utility>

#include "autograd/internal/variable_impl.h"

namespace tenon::autograd {

SavedVariable::SavedVariable(Variable variable, int output)
    : variable_(std::move(variable)),
      stamp_(variable_.defined() ? variable_.impl()->stamp() : 0),
      output_(output) {}

bool SavedVariable::is_current() const {
  return !variable_.defined() || variable_.impl()->stamp() == stamp_;
}

const Variable& SavedVariable::get(const Gradients& gradients) const {
  if (!is_current()) {
    throw AutogradError("[" + std::string(gradients.name()) + "] expected the " +
                        (output_ >= 0 ? "result" : "input") + " " + to_string(variable_.shape()) +
                        " that was saved for backward, but it was overwritten since (clone it "
                        "before writing in place, or call backward first)");
  }
  if (!variable_.defined()) return variable_;
  if (output_ >= 0 && gradients.create_graph()) return gradients.result(output_, variable_.value());
  return variable_;
}

SavedVariable save(const Variable& variable) { return SavedVariable(variable, -1); }

SavedVariable save_if(bool wanted, const Variable& variable) {
  return wanted ? save(variable) : SavedVariable();
}

SavedVariable save_output(const Tensor& value, int output) {
  return SavedVariable(Variable(value), output);
}

}  // namespace tenon::autograd
