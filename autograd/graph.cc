#include "autograd/graph.h"

#include <map>
#include <string_view>

#include "autograd/internal/variable_impl.h"
#include "autograd/internal/views.h"
#include "autograd/node.h"

namespace tenon::autograd {
namespace {

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    if (c == '\n') {
      result += "\\n";
    } else {
      result += c;
    }
  }
  return result + '"';
}

std::string describe(DType dtype, const Shape& shape) {
  return std::string(name(dtype)) + " " + to_string(shape);
}

/// Collects statements while it walks from a result back to the leaves, without recursion.
class Drawing {
 public:
  explicit Drawing(const std::vector<std::pair<std::string, Variable>>& names) {
    for (const auto& [name, variable] : names) {
      if (!variable.defined()) continue;
      const VariableImpl& impl = up_to_date(variable);
      if (impl.grad_fn) {
        result_names_[{impl.grad_fn.get(), impl.output}] = name;
      } else {
        leaf_names_[&impl] = name;
      }
    }
  }

  std::string draw(const Variable& output) {
    const VariableImpl& impl = up_to_date(output);
    if (impl.grad_fn) {
      id_of(impl.grad_fn.get());
    } else {
      id_of(impl);
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) connect(*nodes_[i]);
    return "digraph {\n  node [fontname=\"sans-serif\", fontsize=10];\n" + statements_ + "}\n";
  }

 private:
  std::string id_of(const VariableImpl& leaf) {
    const auto [at, is_new] = ids_.emplace(&leaf, "v" + std::to_string(ids_.size()));
    if (is_new) {
      const auto name = leaf_names_.find(&leaf);
      const std::string title = name == leaf_names_.end() ? "" : name->second + "\n";
      state(at->second, title + describe(leaf.value.dtype(), leaf.value.shape()), "ellipse");
    }
    return at->second;
  }

  std::string id_of(const Node* node) {
    const auto [at, is_new] = ids_.emplace(node, "v" + std::to_string(ids_.size()));
    if (is_new) {
      nodes_.push_back(node);
      state(at->second, label_of(*node), "box");
    }
    return at->second;
  }

  std::string label_of(const Node& node) const {
    std::string label = node.name();
    if (node.released()) label += " (released)";
    for (int i = 0; i < node.num_outputs(); ++i) {
      const auto name = result_names_.find({&node, static_cast<std::uint32_t>(i)});
      label += '\n';
      if (name != result_names_.end()) label += name->second + " ";
      label += describe(node.output_dtype(i), node.output_shape(i));
    }
    return label;
  }

  void connect(const Node& node) {
    const std::string to = ids_.at(&node);
    for (const Edge& edge : node.inputs()) {
      if (!edge) continue;
      const std::string from = edge.node ? id_of(edge.node.get()) : id_of(*edge.leaf);
      statements_ += "  " + from + " -> " + to + ";\n";
    }
  }

  void state(const std::string& id, const std::string& label, const char* shape) {
    statements_ += "  " + id + " [shape=" + shape + ", label=" + quoted(label) + "];\n";
  }

  std::map<const void*, std::string> ids_;
  std::map<const VariableImpl*, std::string> leaf_names_;
  std::map<std::pair<const Node*, std::uint32_t>, std::string> result_names_;
  std::vector<const Node*> nodes_;
  std::string statements_;
};

}  // namespace

std::string to_dot(const Variable& output,
                   const std::vector<std::pair<std::string, Variable>>& names) {
  if (!output.defined()) throw AutogradError("[to_dot] expected a defined variable");
  return Drawing(names).draw(output);
}

}  // namespace tenon::autograd
