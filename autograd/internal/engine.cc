#include "autograd/internal/engine.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "autograd/anomaly.h"
#include "autograd/autocast.h"
#include "autograd/internal/accumulate.h"
#include "autograd/internal/grad_mode.h"
#include "autograd/ops.h"

namespace tenon::autograd {
namespace {

std::atomic<std::uint64_t> last_mark{0};

}  // namespace

Pass::~Pass() {
  for (Ready& ready : ready_) {
    for (Node::Output& output : ready.node->outputs_) output.grad = {};
    ready.node->pass_ = nullptr;
  }
  leave_leaves();
}

void Pass::add(Variable& sum, Variable grad) const {
  if (!sum.defined()) {
    sum = std::move(grad);
  } else if (create_graph_) {
    sum = autograd::add(sum, grad);
  } else {
    add_into(sum, grad);
  }
}

std::uint32_t Pass::slot_of(const tenon::internal::IntrusivePtr<VariableImpl>& leaf) {
  if (leaf->pass != this) {
    leaves_.push_back({leaf, {}, leaf->pass, leaf->slot});
    leaf->pass = this;
    leaf->slot = static_cast<std::uint32_t>(leaves_.size() - 1);
  }
  return leaf->slot;
}

void Pass::leave_leaves() {
  for (Leaf& leaf : leaves_) {
    if (leaf.impl->pass != this) continue;
    leaf.impl->pass = leaf.outer_pass;
    leaf.impl->slot = leaf.outer_slot;
  }
}

void Pass::accumulate(const Edge& edge, Variable grad) {
  if (!create_graph_ && grad.requires_grad()) grad = grad.detach();
  if (edge.leaf) return add(leaves_[slot_of(edge.leaf)].grad, std::move(grad));
  Node& node = *edge.node;
  if (node.pass_ != this) {
    if (node.pass_) {
      throw AutogradError(
          "[backward] expected a graph that no other backward is working on, got "
          "one at work in [" +
          std::string(node.name()) + "]");
    }
    ready_.push_back({node.sequence_, edge.node});
    std::push_heap(ready_.begin(), ready_.end());
    node.pass_ = this;
  }
  add(node.outputs_[edge.output].grad, std::move(grad));
}

tenon::internal::IntrusivePtr<Node> Pass::pop() {
  std::pop_heap(ready_.begin(), ready_.end());
  auto node = std::move(ready_.back().node);
  ready_.pop_back();
  return node;
}

void Pass::run() {
  const GradMode mode(create_graph_);
  const NoAutocast dtypes_of_forward;
  while (!ready_.empty()) run_node(*pop());
  run_leaf_hooks();
}

void Pass::run_node(Node& node) {
  struct Done {
    Node& node;
    ~Done() {
      for (Node::Output& output : node.outputs_) output.grad = {};
      node.pass_ = nullptr;
    }
  } done{node};

  if (node.hooks_) {
    for (std::uint32_t i = 0; i < node.outputs_.size(); ++i) {
      Variable& grad = node.outputs_[i].grad;
      if (grad.defined()) grad = node.hooks_->run(i, grad);
    }
  }
  if (choosy_) {
    if (node.chosen_ == mark_) capture(node);
    if (node.visited_ == mark_ && !node.leads_) return;
  } else {
    retain(node);
  }
  if (node.released_) {
    throw AutogradError(
        "[backward] expected a graph that was not differentiated before, but what [" +
        std::string(node.name()) +
        "] saved was released by an earlier backward (give that one retain_graph)");
  }
  {
    Gradients gradients(node, *this);
    // The rule is checked as a whole, by what it hands over, not the operations it is made of.
    const DetectAnomaly inside(false);
    node.differentiate(gradients);
  }
  if (retain_graph_) return;
  node.released_ = true;
  node.drop_saved();
  node.inputs_.clear();
}

void Pass::retain(const Node& node) {
  for (const Node::Output& output : node.outputs_) {
    if (!output.retaining || !output.grad.defined()) continue;
    retained_.push_back(
        {tenon::internal::IntrusivePtr<VariableImpl>(output.retaining), output.grad});
  }
}

void Pass::run_leaf_hooks() {
  for (Leaf& leaf : leaves_) {
    if (leaf.grad.defined() && leaf.impl->hooks) leaf.grad = leaf.impl->hooks->run(0, leaf.grad);
  }
}

void Pass::store() {
  for (Leaf& leaf : leaves_) {
    if (leaf.grad.defined()) add_to_grad(*leaf.impl, std::move(leaf.grad));
  }
  for (Retained& result : retained_) add_to_grad(*result.impl, std::move(result.grad));
}

void Pass::add_to_grad(VariableImpl& variable, Variable grad) const {
  if (!create_graph_) return store_grad(variable, std::move(grad));
  const GradMode mode(true);
  Variable sum(variable.grad);
  add(sum, std::move(grad));
  variable.grad = sum.impl();
}

void Pass::choose(std::span<const Variable> outputs, std::span<const Variable> inputs) {
  choosy_ = true;
  mark_ = last_mark.fetch_add(1, std::memory_order_relaxed) + 1;
  for (const Variable& input : inputs) {
    const Edge& edge = choices_.emplace_back(Choice{edge_to(input), {}}).edge;
    if (edge.leaf) {
      slot_of(edge.leaf);
    } else {
      edge.node->chosen_ = mark_;
    }
  }
  mark_path(outputs);
}

void Pass::mark_path(std::span<const Variable> outputs) {
  std::vector<Node*> nodes;
  const auto visit = [&](Node* node) {
    if (!node || node->visited_ == mark_) return;
    node->visited_ = mark_;
    nodes.push_back(node);
  };
  for (const Variable& output : outputs) visit(output.impl()->grad_fn.get());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    for (const Edge& edge : nodes[i]->inputs_) visit(edge.node.get());
  }
  // From the inputs up, so that what is behind a node is known before the node's turn.
  std::sort(nodes.begin(), nodes.end(),
            [](const Node* a, const Node* b) { return a->sequence_ < b->sequence_; });
  for (Node* node : nodes) {
    node->leads_ = node->opaque_ || node->released_ ||
                   std::any_of(node->inputs_.begin(), node->inputs_.end(),
                               [this](const Edge& edge) { return wants(edge); });
  }
}

void Pass::capture(const Node& node) {
  for (Choice& choice : choices_) {
    if (choice.edge.node.get() == &node) choice.grad = node.outputs_[choice.edge.output].grad;
  }
}

std::vector<Variable> Pass::take_chosen() {
  std::vector<Variable> grads;
  for (Choice& choice : choices_) {
    if (const VariableImpl* leaf = choice.edge.leaf.get()) {
      choice.grad = leaves_[leaf->slot].grad;
    }
    grads.push_back(std::move(choice.grad));
  }
  return grads;
}

}  // namespace tenon::autograd
