// Recording an operation together with its derivative.
//
//   Variable scaled_tanh(const Variable& x, double a) {
//     Tensor y = a * tenon::tanh(x.value());
//     if (!recording(x)) return y;
//     return record("scaled_tanh", y, [a, y = save_output(y)](Gradients& g) {
//       g.set(0, g.output() * (a - square(y.get(g)) / a));
//     }, x);
//   }
//
// A rule is a function of Gradients (autograd/node.h). Written with the functions of autograd/ops.h
// it has a derivative itself. It runs once, or again for each backward that retained the graph.
#ifndef TENON_AUTOGRAD_RECORD_H_
#define TENON_AUTOGRAD_RECORD_H_

#include <array>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

#include "autograd/anomaly.h"
#include "autograd/internal/grad_mode.h"
#include "autograd/internal/variable_impl.h"
#include "autograd/internal/views.h"
#include "autograd/node.h"
#include "autograd/saved_variable.h"

namespace tenon::autograd {

/// As variable.requires_grad(), and false for an undefined one.
inline bool requires_grad(const Variable& variable) {
  return variable.defined() && up_to_date(variable).requires_grad;
}

/// Whether an operation on these inputs is to be recorded: before that, save nothing.
template <class... Inputs>
bool recording(const Inputs&... inputs) {
  return recording_enabled && (requires_grad(inputs) || ...);
}
inline bool recording(std::span<const Variable> inputs) {
  if (!recording_enabled) return false;
  for (const Variable& input : inputs) {
    if (requires_grad(input)) return true;
  }
  return false;
}

/// A node with a function object as its rule: one allocation for both.
template <class Rule>
class RuleNode final : public Node {
 public:
  RuleNode(const char* name, Rule rule, bool opaque = false)
      : Node(name, opaque), rule_(std::move(rule)) {}

 private:
  void differentiate(Gradients& gradients) override { (*rule_)(gradients); }
  void drop_saved() override { rule_.reset(); }

  std::optional<Rule> rule_;
};

/// The variable with this value, computed from `inputs`, whose gradients `rule` computes. A
/// constant where nothing is being recorded or the value is not floating. `name` must be a literal.
template <class Rule, class... Inputs>
Variable record(const char* name, Tensor value, Rule rule, const Inputs&... inputs) {
  if (!recording(inputs...) || !is_floating(value.dtype())) return Variable(std::move(value));
  if (detecting_anomaly) check_result(name, value, std::array{inputs...});
  tenon::internal::IntrusivePtr<Node> node(new RuleNode<Rule>(name, std::move(rule)));
  (node->add_input(inputs), ...);
  Variable result = Node::add_output(std::move(node), std::move(value));
  (note_view(result, inputs), ...);
  return result;
}

/// As record, for any number of inputs and several results. Those that are not floating (indices)
/// are constants.
template <class Rule>
std::vector<Variable> record_all(const char* name, std::vector<Tensor> values, Rule rule,
                                 std::span<const Variable> inputs) {
  std::vector<Variable> results;
  if (!recording(inputs)) {
    for (Tensor& value : values) results.emplace_back(std::move(value));
    return results;
  }
  tenon::internal::IntrusivePtr<Node> node(new RuleNode<Rule>(name, std::move(rule)));
  for (const Variable& input : inputs) node->add_input(input);
  for (Tensor& value : values) {
    if (detecting_anomaly) check_result(name, value, inputs);
    const bool floating = is_floating(value.dtype());
    const Variable result = Node::add_output(node, std::move(value));
    for (const Variable& input : inputs) note_view(result, input);
    results.push_back(floating ? result : result.detach());
  }
  return results;
}

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_RECORD_H_
