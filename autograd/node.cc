#include "autograd/node.h"

#include <atomic>
#include <string>
#include <utility>

#include "autograd/anomaly.h"
#include "autograd/internal/engine.h"
#include "autograd/internal/hooks.h"
#include "autograd/internal/variable_impl.h"
#include "autograd/internal/views.h"
#include "autograd/ops.h"

namespace tenon::autograd {
namespace {

std::atomic<std::uint64_t> last_sequence{0};

// Nodes of this thread that wait to be deleted, and whether somebody further down the stack does
// it.
constinit thread_local Node* doomed = nullptr;
constinit thread_local bool burying = false;

}  // namespace

Edge edge_to(const Variable& variable) {
  const auto& impl = variable.impl();
  if (!impl || !up_to_date(variable).requires_grad) return {};
  if (impl->grad_fn) return {.node = impl->grad_fn, .leaf = nullptr, .output = impl->output};
  return {.node = nullptr, .leaf = impl, .output = 0};
}

Node::Node(const char* name, bool opaque)
    : name_(name),
      sequence_(last_sequence.fetch_add(1, std::memory_order_relaxed) + 1),
      opaque_(opaque) {}

Node::~Node() = default;

Variable Node::add_output(tenon::internal::IntrusivePtr<Node> node, Tensor&& value) {
  auto& outputs = node->outputs_;
  outputs.emplace_back(value.shape(), value.dtype());
  tenon::internal::IntrusivePtr<VariableImpl> impl(new VariableImpl(std::move(value)));
  impl->output = static_cast<std::uint32_t>(outputs.size() - 1);
  impl->requires_grad = true;
  impl->grad_fn = std::move(node);
  return Variable(std::move(impl));
}

void Node::adopt_output(tenon::internal::IntrusivePtr<Node> node, VariableImpl& variable) {
  if (variable.retains_grad) variable.grad_fn->retain_grad(variable.output, nullptr);
  node->outputs_.emplace_back(variable.value.shape(), variable.value.dtype());
  variable.output = static_cast<std::uint32_t>(node->outputs_.size() - 1);
  if (variable.retains_grad) node->retain_grad(variable.output, &variable);
  variable.requires_grad = true;
  variable.grad_fn = std::move(node);
}

int Node::add_hook(std::uint32_t output, GradHook hook) {
  if (!hooks_) hooks_ = std::make_unique<HookList>();
  return hooks_->add(output, std::move(hook));
}

void Node::remove_hook(int id) {
  if (hooks_) hooks_->remove(id);
}

void Node::retain_grad(std::uint32_t output, VariableImpl* variable) {
  outputs_[output].retaining = variable;
}

void Node::destroy(Node* node) {
  node->next_doomed_ = std::exchange(doomed, node);
  if (burying) return;
  burying = true;
  while (doomed) {
    Node* next = std::exchange(doomed, doomed->next_doomed_);
    delete next;
  }
  burying = false;
}

Gradients::Gradients(Node& node, Pass& pass)
    : node_(node), pass_(pass), checking_(detecting_anomaly) {}
Gradients::~Gradients() = default;

bool Gradients::needs(int i) const { return pass_.wants(node_.inputs_[i]); }

const Shape& Gradients::shape(int i) const {
  const Edge& edge = node_.inputs_[i];
  return edge.node ? edge.node->outputs_[edge.output].shape : edge.leaf->value.shape();
}

DType Gradients::dtype(int i) const {
  const Edge& edge = node_.inputs_[i];
  return edge.node ? edge.node->outputs_[edge.output].dtype : edge.leaf->value.dtype();
}

Variable Gradients::zeros(int i) const {
  for (const Node::Output& output : node_.outputs_) {
    if (!output.grad.defined()) continue;
    return tenon::zeros(shape(i), {.dtype = dtype(i), .device = output.grad.device()});
  }
  return tenon::zeros(shape(i), {.dtype = dtype(i)});
}

void Gradients::set(int i, Variable grad) {
  if (!grad.defined() || !needs(i)) return;
  if (grad.shape() != shape(i) || grad.dtype() != dtype(i)) {
    throw AutogradError("[" + std::string(name()) + "] expected a gradient " + to_string(shape(i)) +
                        " " + std::string(tenon::name(dtype(i))) + " for input " +
                        std::to_string(i) + ", got " + to_string(grad.shape()) + " " +
                        std::string(tenon::name(grad.dtype())));
  }
  if (checking_) check_gradient(*this, i, grad.value());
  pass_.accumulate(node_.inputs_[i], std::move(grad));
}

void Gradients::set_broadcast(int i, Variable grad) {
  if (!grad.defined() || !needs(i)) return;
  if (grad.shape() != shape(i)) grad = sum_to(grad, shape(i));
  if (grad.dtype() != dtype(i)) grad = to(grad, dtype(i));
  set(i, std::move(grad));
}

std::optional<Activated> Gradients::activated(int i) const {
  const Edge& edge = node_.inputs_[i];
  if (checking_ || !edge.node || edge.output != 0 || pass_.looks_at(*edge.node)) return {};
  return edge.node->activated();
}

void Gradients::set_inner(int i, Variable grad) {
  const Edge& edge = node_.inputs_[i];
  pass_.accumulate({.node = edge.node, .leaf = nullptr, .output = 1}, std::move(grad));
}

void Gradients::propagate(const Variable& result, Variable grad) {
  const Edge edge = edge_to(result);
  if (edge && pass_.wants(edge)) pass_.accumulate(edge, std::move(grad));
}

bool Gradients::create_graph() const { return pass_.create_graph(); }

const Variable& Gradients::result(int i, const Tensor& value) const {
  tenon::internal::IntrusivePtr<VariableImpl> impl(new VariableImpl(Tensor(value)));
  impl->grad_fn = tenon::internal::IntrusivePtr<Node>(&node_);
  impl->output = static_cast<std::uint32_t>(i);
  impl->requires_grad = true;
  return results_.emplace_front(std::move(impl));
}

}  // namespace tenon::autograd
