// One backward pass.
//
// Ready nodes wait in a heap and the one recorded last goes first: all consumers of a node were
// recorded after it, so whatever is on top has received all of its gradients, and no pass over the
// graph is needed to count dependencies. A node that is recorded during the pass (checkpoint) has
// the highest number of all and goes next.
//
// Gradients of leaves are collected by the pass and reach `.grad()` when it is complete, so a pass
// that fails changes none. Passes may nest in one thread. Nodes keep the gradients that have
// arrived in themselves, so a graph must not be differentiated by two passes at once (AutogradError
// where that is noticed), and not by two threads at once.
#ifndef TENON_AUTOGRAD_INTERNAL_ENGINE_H_
#define TENON_AUTOGRAD_INTERNAL_ENGINE_H_

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "autograd/internal/variable_impl.h"
#include "autograd/node.h"
#include "autograd/variable.h"

namespace tenon::autograd {

class Pass {
 public:
  Pass(bool retain_graph, bool create_graph)
      : retain_graph_(retain_graph || create_graph), create_graph_(create_graph) {}
  ~Pass();
  Pass(const Pass&) = delete;
  Pass& operator=(const Pass&) = delete;

  /// Restricts the pass to what leads from `outputs` to `inputs`. Before anything is accumulated.
  void choose(std::span<const Variable> outputs, std::span<const Variable> inputs);
  /// Adds a gradient to what has arrived at an edge.
  void accumulate(const Edge& edge, Variable grad);
  /// Runs rules until no gradient is on its way, then the hooks of the leaves.
  void run();
  /// Adds what has arrived at the leaves to their gradients. After run().
  void store();
  /// What has arrived at the chosen inputs, undefined where nothing has. After run().
  std::vector<Variable> take_chosen();

  bool create_graph() const { return create_graph_; }
  /// Whether anything but its rule sees the gradient of a node's first output.
  bool looks_at(const Node& node) const {
    return create_graph_ || node.hooks_ || node.outputs_[0].retaining ||
           (choosy_ && node.chosen_ == mark_);
  }
  bool wants(const Edge& edge) const {
    if (!edge || !choosy_) return static_cast<bool>(edge);
    if (edge.leaf) return edge.leaf->pass == this;
    const Node& node = *edge.node;
    return node.visited_ != mark_ || node.leads_ || node.chosen_ == mark_;
  }

 private:
  struct Ready {
    std::uint64_t sequence;
    tenon::internal::IntrusivePtr<Node> node;
    bool operator<(const Ready& other) const { return sequence < other.sequence; }
  };
  struct Leaf {
    tenon::internal::IntrusivePtr<VariableImpl> impl;
    Variable grad;
    Pass* outer_pass;  // the pass around this one that has reached the leaf too
    std::uint32_t outer_slot;
  };
  struct Retained {
    tenon::internal::IntrusivePtr<VariableImpl> impl;
    Variable grad;
  };
  struct Choice {
    Edge edge;
    Variable grad;
  };

  std::uint32_t slot_of(const tenon::internal::IntrusivePtr<VariableImpl>& leaf);
  tenon::internal::IntrusivePtr<Node> pop();
  void run_node(Node& node);
  void run_leaf_hooks();
  void capture(const Node& node);
  void retain(const Node& node);
  void mark_path(std::span<const Variable> outputs);
  void add(Variable& sum, Variable grad) const;
  void add_to_grad(VariableImpl& variable, Variable grad) const;
  void leave_leaves();

  const bool retain_graph_;
  const bool create_graph_;
  bool choosy_ = false;
  std::uint64_t mark_ = 0;
  absl::InlinedVector<Ready, 8> ready_;
  absl::InlinedVector<Leaf, 8> leaves_;
  std::vector<Retained> retained_;  // results that collect their gradients
  std::vector<Choice> choices_;
};

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_INTERNAL_ENGINE_H_
