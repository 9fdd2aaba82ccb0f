#include "layers/module.h"

#include <algorithm>
#include <typeinfo>
#include <unordered_set>

#include "layers/internal/class_name.h"

namespace tenon::layers {
namespace {

bool has_name(const NamedVariables& list, std::string_view name) {
  return std::any_of(list.begin(), list.end(),
                     [&](const auto& entry) { return entry.first == name; });
}

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

}  // namespace

Module::Module(Module* parent, std::string_view name) : parent_(parent), name_(name) {
  if (!parent_) return;
  parent_->check_name(name);
  training_ = parent_->training_;
  parent_->children_.push_back(this);
}

Module::~Module() {
  if (!parent_) return;
  // Members end in reverse order, so the search mostly finds its object at the end.
  std::vector<Module*>& siblings = parent_->children_;
  const auto self = std::find(siblings.rbegin(), siblings.rend(), this);
  if (self != siblings.rend()) siblings.erase(std::next(self).base());
}

void Module::check_name(std::string_view name) const {
  const std::string quoted = "\"" + std::string(name) + "\"";
  if (name.empty()) throw ValueError(where() + "expected a name for a part, got an empty one");
  if (name.find('.') != std::string_view::npos) {
    throw ValueError(where() + "expected a name without dots, got " + quoted);
  }
  const bool is_child = std::any_of(children_.begin(), children_.end(),
                                    [&](const Module* child) { return child->name_ == name; });
  if (is_child || has_name(parameters_, name) || has_name(buffers_, name)) {
    throw ValueError(where() + "expected a new name, but there is already a part " + quoted);
  }
}

Variable Module::forward(const Variable&) {
  throw Error(where() + "expected a forward of one Variable, but the class declares none");
}

int Module::register_forward_hook(ForwardHook hook) {
  if (!hook) throw ValueError(where() + "expected a hook, got an empty function");
  if (!hooks_) hooks_ = std::make_unique<Hooks>();
  hooks_->list.emplace_back(hooks_->next_id, std::move(hook));
  return hooks_->next_id++;
}

void Module::remove_forward_hook(int id) {
  if (!hooks_) return;
  std::erase_if(hooks_->list, [&](const auto& entry) { return entry.first == id; });
  if (hooks_->list.empty()) hooks_.reset();
}

void Module::call_hooks(const Variable& output) const {
  for (const auto& [id, hook] : hooks_->list) hook(output);
}

Variable Module::parameter(std::string_view name, Tensor value) {
  return parameter(name, Variable(std::move(value), /*requires_grad=*/true));
}

Variable Module::parameter(std::string_view name, Variable shared) {
  check_name(name);
  if (!shared.defined()) {
    throw ValueError(where() + "expected a value for parameter \"" + std::string(name) +
                     "\", got an undefined one");
  }
  return parameters_.emplace_back(name, std::move(shared)).second;
}

Variable Module::buffer(std::string_view name, Tensor value) {
  check_name(name);
  if (!value.defined()) {
    throw ValueError(where() + "expected a value for buffer \"" + std::string(name) +
                     "\", got an undefined one");
  }
  return buffers_.emplace_back(name, Variable(std::move(value))).second;
}

void Module::detach_buffer(std::string_view name) {
  const auto count =
      std::erase_if(buffers_, [&](const auto& entry) { return entry.first == name; });
  if (count == 0) {
    throw ValueError(where() + "expected the name of a buffer, got \"" + std::string(name) + "\"");
  }
  std::erase(optional_, name);
}

Variable Module::optional_buffer(std::string_view name, Tensor value) {
  optional_.emplace_back(name);
  return buffer(name, std::move(value));
}

void Module::replace_registered(NamedVariables parameters, NamedVariables buffers) {
  parameters_ = std::move(parameters);
  buffers_ = std::move(buffers);
}

namespace {

/// `Tree` is Module or const Module; `children(tree)` its direct children.
template <class Modules, class Tree, class Children>
void collect(Tree* tree, const std::string& path, const Children& children, Modules& out) {
  out.emplace_back(path, tree);
  for (Module* child : children(*tree))
    collect<Modules, Tree>(child, join(path, child->name()), children, out);
}

}  // namespace

NamedModules Module::named_modules() {
  NamedModules modules;
  collect(
      this, std::string(), [](const Module& m) { return m.children_; }, modules);
  return modules;
}

std::vector<std::pair<std::string, const Module*>> Module::named_modules() const {
  std::vector<std::pair<std::string, const Module*>> modules;
  collect(
      this, std::string(), [](const Module& m) { return m.children_; }, modules);
  return modules;
}

NamedModules Module::named_children() const {
  NamedModules children;
  for (Module* child : children_) children.emplace_back(child->name_, child);
  return children;
}

NamedVariables Module::named_variables(NamedVariables Module::*list) const {
  NamedVariables variables;
  std::unordered_set<const void*> seen;
  for (const auto& [path, module] : named_modules()) {
    for (const auto& [name, variable] : module->*list) {
      if (seen.insert(variable.impl().get()).second) {
        variables.emplace_back(join(path, name), variable);
      }
    }
  }
  return variables;
}

NamedVariables Module::named_parameters() const { return named_variables(&Module::parameters_); }

NamedVariables Module::buffers() const { return named_variables(&Module::buffers_); }

std::vector<Variable> Module::parameters() const {
  std::vector<Variable> parameters;
  for (auto& [name, parameter] : named_parameters()) parameters.push_back(std::move(parameter));
  return parameters;
}

std::int64_t Module::num_parameters(bool trainable_only) const {
  std::int64_t count = 0;
  for (const Variable& parameter : parameters()) {
    if (!trainable_only || parameter.requires_grad()) count += parameter.numel();
  }
  return count;
}

void Module::train(bool on) {
  training_ = on;
  for (Module* child : children_) child->train(on);
}

void Module::zero_grad() const {
  for (const Variable& parameter : parameters()) parameter.zero_grad();
}

template <class Target>
void Module::convert(Target target, bool floating_only) const {
  for (const auto& [name, variable] : state_variables()) {
    if (floating_only && !is_floating(variable.dtype())) continue;
    const Variable grad = variable.grad();
    variable.set_value(variable.value().to(target));
    if (grad.defined()) variable.set_grad(grad.value().to(target));
  }
}

void Module::to(DType dtype) {
  if (!is_floating(dtype)) {
    throw DTypeError(where() + "expected a floating dtype to convert to, got " +
                     std::string(tenon::name(dtype)));
  }
  convert(dtype, /*floating_only=*/true);
}

void Module::to(Device device) { convert(device, /*floating_only=*/false); }

std::string Module::path() const { return parent_ ? join(parent_->path(), name_) : std::string(); }

std::string Module::where() const {
  const std::string place = path();
  const std::string kind = "[" + internal::class_name(typeid(*this)) + "] ";
  return place.empty() ? kind : kind + place + ": ";
}

double Module::flops(const Shape&) const { return 0; }

std::string Module::describe() const { return internal::class_name(typeid(*this)); }

}  // namespace tenon::layers
