// Module's tables of layers.

#include <string>
#include <vector>

#include "autograd/variable.h"
#include "layers/internal/text_table.h"
#include "layers/module.h"

namespace tenon::layers {
namespace {

using internal::readable_bytes;
using internal::readable_count;
using internal::with_commas;
using Row = std::vector<std::string>;

std::int64_t count_of(const NamedVariables& variables) {
  std::int64_t count = 0;
  for (const auto& [name, variable] : variables) count += variable.numel();
  return count;
}

std::string shapes_of(const NamedVariables& variables) {
  std::string shapes;
  for (const auto& [name, variable] : variables) {
    shapes += (shapes.empty() ? "" : ", ") + name + " " + to_string(variable.shape());
  }
  return shapes;
}

std::string display_path(const std::string& path) { return path.empty() ? "(root)" : path; }
std::string display_count(std::int64_t count) { return count == 0 ? "" : with_commas(count); }

/// "62,006 parameters (242.2 KiB), all trainable".
std::string parameters_line(const Module& module) {
  std::size_t bytes = 0;
  for (const Variable& parameter : module.parameters()) bytes += parameter.value().bytes();
  const std::int64_t total = module.num_parameters();
  const std::int64_t frozen = total - module.num_parameters(/*trainable_only=*/true);
  return with_commas(total) + " parameters (" + readable_bytes(bytes) + "), " +
         (frozen == 0 ? "all" : with_commas(total - frozen)) + " trainable";
}

/// What one module computed, over all of its calls.
struct Observation {
  std::string shape;
  double flops = 0;
  std::size_t bytes = 0;
};

/// Watches every module of a tree while it lives, in evaluation mode.
class Watch {
 public:
  explicit Watch(const NamedModules& modules) : modules_(modules), seen_(modules.size()) {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      Module* module = modules_[i].second;
      training_.push_back(module->training());
      ids_.push_back(module->register_forward_hook(
          [this, i, module](const Variable& result) { note(seen_[i], *module, result); }));
    }
    for (const auto& [path, module] : modules_) module->eval();
  }
  ~Watch() {
    for (std::size_t i = 0; i < modules_.size(); ++i) {
      modules_[i].second->remove_forward_hook(ids_[i]);
    }
    // From the root down: train() reaches all below, which then get their own mode back.
    for (std::size_t i = 0; i < modules_.size(); ++i) modules_[i].second->train(training_[i]);
  }
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  const std::vector<Observation>& seen() const { return seen_; }

 private:
  static void note(Observation& seen, const Module& module, const Variable& result) {
    seen.shape = to_string(result.shape());
    seen.flops += module.flops(result.shape());
    seen.bytes += result.value().bytes();
  }

  NamedModules modules_;
  std::vector<Observation> seen_;
  std::vector<bool> training_;
  std::vector<int> ids_;
};

}  // namespace

std::string Module::summary() const {
  std::vector<Row> rows = {{"layer", "kind", "parameters", "count"}};
  for (const auto& [path, module] : named_modules()) {
    const NamedVariables& own = module->parameters_;
    rows.push_back(
        {display_path(path), module->describe(), shapes_of(own), display_count(count_of(own))});
  }
  return internal::text_table(rows, /*left=*/3) + parameters_line(*this) + "\n";
}

std::string Module::summary(const Variable& example) {
  const NamedModules modules = named_modules();
  std::vector<Row> rows = {{"layer", "kind", "output", "parameters", "FLOPs", "bytes"}};
  std::vector<Observation> seen;
  {
    const autograd::NoGrad no_grad;
    const Watch watch(modules);
    (*this)(example);
    seen = watch.seen();
  }
  double flops = 0;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const auto& [path, module] = modules[i];
    rows.push_back({display_path(path), module->describe(), seen[i].shape,
                    display_count(count_of(module->parameters_)), readable_count(seen[i].flops),
                    seen[i].bytes == 0 ? "" : readable_bytes(seen[i].bytes)});
    flops += seen[i].flops;
  }
  return internal::text_table(rows, /*left=*/3) + parameters_line(*this) + ", " +
         (flops == 0 ? "0" : readable_count(flops)) + " FLOPs for an input " +
         to_string(example.shape()) + "\n";
}

std::string Module::summary(const Shape& input) {
  TensorOptions options;
  for (const Variable& parameter : parameters()) {
    if (is_floating(parameter.dtype())) options = parameter.value().options();
  }
  return summary(Variable(zeros(input, options)));
}

}  // namespace tenon::layers
