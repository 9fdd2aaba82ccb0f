// The base of layers and models: a tree of named parts that hold parameters.
//
//   struct Net : Module {
//     Linear fc1{this, "fc1", {.in_features = 784, .out_features = 128}};
//     Linear fc2{this, "fc2", {.in_features = 128, .out_features = 10}};
//     Variable scale = parameter("scale", ones({1}));
//     Variable forward(const Variable& x) override { return fc2(relu(fc1(x))) * scale; }
//   };
//
// Children are plain members; each registers itself with the parent it is given. Names, their order
// and the memory layout of parameters are PyTorch's: `fc1.weight`, `fc1.bias`, … .
#ifndef TENON_LAYERS_MODULE_H_
#define TENON_LAYERS_MODULE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "autograd/variable.h"

namespace tenon::layers {

using autograd::Variable;

class Module;

using NamedVariables = std::vector<std::pair<std::string, Variable>>;
using NamedModules = std::vector<std::pair<std::string, Module*>>;
using ForwardHook = std::function<void(const Variable& output)>;
/// Named tensors in a fixed order.
using StateDict = std::vector<std::pair<std::string, Tensor>>;

/// What a state dict and a module disagree on.
struct LoadReport {
  std::vector<std::string> missing;     ///< names of the module that the dict lacks
  std::vector<std::string> unexpected;  ///< names of the dict that the module lacks
  std::vector<std::string> misshapen;   ///< "fc1.weight: expected [120,400], got [84,120]"

  bool ok() const { return missing.empty() && unexpected.empty() && misshapen.empty(); }
};
std::string to_string(const LoadReport& report);

/// A state dict that does not fit the module it was loaded into.
class StateDictError : public ValueError {
 public:
  explicit StateDictError(const std::string& message, LoadReport report = {})
      : ValueError(message), report_(std::move(report)) {}
  const LoadReport& report() const { return report_; }

 private:
  LoadReport report_;
};

struct LoadOptions {
  bool strict = true;  ///< whether missing and unexpected names are errors
};

class Module {
 public:
  /// A root.
  Module() = default;
  /// A child of `parent`, which must outlive it; a root where that is null. A child starts in the
  /// parent's mode (train or eval). Throws ValueError for a name that is empty, contains a dot or
  /// is already taken in the parent.
  Module(Module* parent, std::string_view name);
  virtual ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  /// What the module computes. A module that takes other inputs than one Variable declares a
  /// forward of its own (and `using Module::forward;`); this one then throws.
  virtual Variable forward(const Variable& x);
  Variable operator()(const Variable& x) { return observed(forward(x)); }

  /// Calls `hook` with every result of operator(), to look at what a layer within a model computes;
  /// an activation that the layer's kernel applies (layers/activatable.h) is part of it. Returns an
  /// id.
  int register_forward_hook(ForwardHook hook);
  /// Ids that are not there are ignored.
  void remove_forward_hook(int id);
  bool has_forward_hooks() const { return hooks_ != nullptr; }

  // The lists below go through the tree in preorder: what a module registered itself comes before
  // its children, in the order of declaration. A variable that several modules share is listed
  // once, except in the state dict.

  std::vector<Variable> parameters() const;
  NamedVariables named_parameters() const;
  /// State that is not trained. Empty for most layers.
  NamedVariables buffers() const;
  /// Direct children.
  NamedModules named_children() const;
  /// This module (under the name "") and all modules below it.
  NamedModules named_modules();
  std::vector<std::pair<std::string, const Module*>> named_modules() const;
  /// Elements of all parameters.
  std::int64_t num_parameters(bool trainable_only = false) const;

  /// Parameters and buffers by name. The tensors share memory with the module: clone them to keep
  /// them across an optimizer step.
  StateDict state_dict() const;
  /// Copies values of the same names into the parameters and buffers, converting dtype and device.
  /// Throws StateDictError where shapes differ or a name comes twice and, when strict, where names
  /// are missing or unexpected; the module is then unchanged. Returns what was skipped otherwise.
  LoadReport load_state_dict(const StateDict& state, const LoadOptions& options = {});

  /// Switches this module and all below it between training and evaluation (dropout off, …).
  void train(bool on = true);
  void eval() { train(false); }
  bool training() const { return training_; }

  /// Converts floating parameters, buffers and their gradients. Create optimizers afterwards.
  void to(DType dtype);
  void to(Device device);
  /// Forgets the gradients of all parameters.
  void zero_grad() const;

  /// Adds a buffer from outside, such as a mask over a parameter, or takes one away again. Throws
  /// ValueError for an undefined value or a bad name, and for a name that is not there.
  Variable attach_buffer(std::string_view name, Tensor value) {
    return buffer(name, std::move(value));
  }
  void detach_buffer(std::string_view name);

  /// A table: a line for each layer with its kind, the shapes and the number of its parameters.
  std::string summary() const;
  /// A table: a line for each layer with its kind, the shape of what it computes for an input like
  /// `example`, the number of its parameters, the operations and the bytes of its result. Runs the
  /// module once in evaluation mode. A shape stands for zeros of the parameters' dtype and device.
  std::string summary(const Variable& example);
  std::string summary(const Shape& input);
  /// Floating-point operations (a product and a sum are two) of the products that gave a result of
  /// this shape, those of the children left out: 0 for layers whose work is small beside products.
  virtual double flops(const Shape& result) const;
  /// Kind and options in one line, "Linear(784 -> 128)". By default the name of the class.
  virtual std::string describe() const;

  /// The name given by the parent; "" for a root.
  const std::string& name() const { return name_; }
  /// Names from the root down, "features.0"; "" for a root.
  std::string path() const;

 protected:
  /// Registers a new trainable parameter, or shares an existing variable as it is. Throws
  /// ValueError for an undefined value or a name that is empty, contains a dot or is already taken.
  Variable parameter(std::string_view name, Tensor value);
  Variable parameter(std::string_view name, Variable shared);
  /// Registers state that is saved but not trained. Errors as above.
  Variable buffer(std::string_view name, Tensor value);
  /// The same for state that a state dict may lack, even a strict one, as older files do; it then
  /// stays as it is.
  Variable optional_buffer(std::string_view name, Tensor value);
  /// Puts other parameters and buffers in the place of all that this module registered itself,
  /// under names that may contain dots. For layers that swap what they compute with.
  void replace_registered(NamedVariables parameters, NamedVariables buffers);

  /// `output`, after the hooks have seen it. For classes with an operator() of their own.
  Variable observed(Variable output) const {
    if (hooks_) call_hooks(output);
    return output;
  }

  /// "[Linear] fc1: " (without a path for a root), to begin the message of an error with.
  std::string where() const;

 private:
  struct Hooks {
    int next_id = 0;
    std::vector<std::pair<int, ForwardHook>> list;
  };

  void call_hooks(const Variable& output) const;
  void check_name(std::string_view name) const;
  NamedVariables named_variables(NamedVariables Module::*list) const;
  NamedVariables state_variables() const;
  bool is_optional(std::string_view name) const;
  template <class Target>
  void convert(Target target, bool floating_only) const;

  Module* parent_ = nullptr;
  std::string name_;
  std::vector<Module*> children_;
  NamedVariables parameters_;
  NamedVariables buffers_;
  std::vector<std::string> optional_;  // buffers by name
  std::unique_ptr<Hooks> hooks_;       // null where there are none
  bool training_ = true;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_MODULE_H_
