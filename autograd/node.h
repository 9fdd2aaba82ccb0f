// The recorded graph, for people who write their own operations (autograd/record.h makes the
// nodes).
//
//   Variable cube(const Variable& x) {
//     Tensor y = tenon::mul(tenon::square(x.value()), x.value());
//     return record("cube", y, [x = save(x)](Gradients& g) {
//       g.set(0, 3 * square(x.get(g)) * g.output());
//     }, x);
//   }
//
// A node is one operation that ran. It points at the nodes that computed its inputs, and at the
// leaves among them; values stay alive only where the rule saved them.
#ifndef TENON_AUTOGRAD_NODE_H_
#define TENON_AUTOGRAD_NODE_H_

#include <cstdint>
#include <forward_list>
#include <memory>
#include <optional>
#include <span>

#include "absl/container/inlined_vector.h"
#include "autograd/internal/block_cache.h"
#include "autograd/variable.h"
#include "tensor/internal/intrusive_ptr.h"
#include "tensor/ops/linalg.h"
#include "tensor/tensor.h"

namespace tenon::autograd {

class Gradients;
class HookList;
class Pass;

/// Where the gradient of one input goes: to an output of the node that computed it, to a leaf, or
/// nowhere where the input needs none.
struct Edge {
  tenon::internal::IntrusivePtr<Node> node;
  tenon::internal::IntrusivePtr<VariableImpl> leaf;
  std::uint32_t output = 0;

  explicit operator bool() const { return node || leaf; }
};

/// That output 0 of a node is activation(inner), where `inner` is output 1, which no variable is.
/// Of kRelu the result stands in for it, with the mask that came with that (tensor/ops/linalg.h).
struct Activated {
  Activation activation;
  Tensor inner;
  Tensor relu_mask = {};
};

/// The edge to a variable; none where it is undefined or requires no gradient.
Edge edge_to(const Variable& variable);

class Node : public tenon::internal::RefCounted<Node>, public Pooled {
 public:
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  virtual ~Node();

  /// Name of the operation, for messages.
  const char* name() const { return name_; }
  /// Nodes are numbered in the order they were recorded, so every consumer of a node's outputs has
  /// a higher number than the node.
  std::uint64_t sequence() const { return sequence_; }
  /// One edge per input. Empty once the node was differentiated without retain_graph.
  std::span<const Edge> inputs() const { return inputs_; }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Shape& output_shape(int i) const { return outputs_[i].shape; }
  DType output_dtype(int i) const { return outputs_[i].dtype; }
  /// Whether it was differentiated without retain_graph.
  bool released() const { return released_; }

  void add_input(const Variable& input) { inputs_.push_back(edge_to(input)); }
  /// The next output of `node`: a variable with this value that it has computed.
  static Variable add_output(tenon::internal::IntrusivePtr<Node> node, Tensor&& value);
  /// Makes `variable`, whose elements `node` has written, the next output of it.
  static void adopt_output(tenon::internal::IntrusivePtr<Node> node, VariableImpl& variable);

  int add_hook(std::uint32_t output, GradHook hook);
  void remove_hook(int id);
  /// Has backward() add the gradient of an output to that of `variable` (null: no more). The node
  /// does not keep the variable alive, which must take itself off when it goes.
  void retain_grad(std::uint32_t output, VariableImpl* variable);

  /// Ends a node, and the nodes that it alone kept alive, without recursion: a graph may be
  /// millions of nodes deep.
  static void destroy(Node* node);

 protected:
  /// `name` must outlive the node. `opaque`: backward may reach variables that are no inputs.
  explicit Node(const char* name, bool opaque = false);

 private:
  friend class Gradients;
  friend class Pass;

  /// The rule: from the gradients of the outputs to those of the inputs.
  virtual void differentiate(Gradients& gradients) = 0;
  /// Forgets what the rule saved.
  virtual void drop_saved() = 0;
  /// Nothing either once that is forgotten.
  virtual std::optional<Activated> activated() const { return std::nullopt; }

  struct Output {
    Output(const Shape& s, DType d) : shape(s), dtype(d) {}

    Shape shape;
    DType dtype;
    Variable grad;                      // what has arrived so far in the pass at work
    VariableImpl* retaining = nullptr;  // the variable that collects it
  };

  const char* name_;
  std::uint64_t sequence_;
  absl::InlinedVector<Edge, 3> inputs_;
  absl::InlinedVector<Output, 1> outputs_;
  std::unique_ptr<HookList> hooks_;
  Pass* pass_ = nullptr;  // the backward pass that has a gradient here
  Node* next_doomed_ = nullptr;
  std::uint64_t chosen_ = 0;   // mark of the last pass that asked for the gradient of an output
  std::uint64_t visited_ = 0;  // mark of the last pass that looked what is behind this node,
  bool leads_ = false;         // and whether something it asked for is
  bool released_ = false;
  const bool opaque_;
};

/// What a rule sees: the gradients of one operation's outputs, and where those of its inputs go.
class Gradients {
 public:
  Gradients(Node& node, Pass& pass);
  ~Gradients();
  Gradients(const Gradients&) = delete;
  Gradients& operator=(const Gradients&) = delete;

  /// Gradient of output i. Undefined stands for zero, which can only be where the operation has
  /// several outputs.
  const Variable& output(int i = 0) const { return node_.outputs_[i].grad; }
  int num_outputs() const { return node_.num_outputs(); }
  /// The same, handed over: where nobody else holds it, its elements may be written.
  Variable take_output(int i = 0) {
    return checking_ ? output(i) : std::move(node_.outputs_[i].grad);
  }

  /// Whether anybody wants the gradient of input i. Where not, skip the work.
  bool needs(int i) const;
  /// Shape and dtype of input i, which must be needed.
  const Shape& shape(int i) const;
  DType dtype(int i) const;
  /// Zeros like input i, which must be needed.
  Variable zeros(int i) const;

  /// Hands over the gradient of input i (ignored where it is not needed, zero where undefined).
  /// Throws AutogradError where shape or dtype differ from the input's.
  void set(int i, Variable grad);
  /// As set, after summing to the shape of an input that was broadcast and converting to its dtype.
  void set_broadcast(int i, Variable grad);

  /// How input i was activated by the node that computed it, where nobody looks at the gradient in
  /// between: then set_inner may stand for set, with the gradient of what was activated, which some
  /// kernels have for nothing.
  std::optional<Activated> activated(int i) const;
  void set_inner(int i, Variable grad);

  /// Goes on through `result`, which was computed during this pass, with its gradient.
  void propagate(const Variable& result, Variable grad);

  /// Whether the backward pass is itself being recorded.
  bool create_graph() const;
  const char* name() const { return node_.name(); }
  /// The variable that the operation returned as output i, made anew from its value.
  const Variable& result(int i, const Tensor& value) const;

 private:
  Node& node_;
  Pass& pass_;
  const bool checking_;  // for NaN
  mutable std::forward_list<Variable> results_;
};

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_NODE_H_
