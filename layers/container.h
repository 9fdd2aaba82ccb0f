// Modules that own their children.
//
//   ModuleList blocks;                     // or ModuleList blocks{this, "blocks"};
//   for (int i = 0; i < 4; ++i) blocks.add<Linear>({.in_features = 8, .out_features = 8});
//   for (int i = 0; i < blocks.size(); ++i) x = blocks[i](x);
#ifndef TENON_LAYERS_CONTAINER_H_
#define TENON_LAYERS_CONTAINER_H_

#include <memory>
#include <string>
#include <vector>

#include "layers/module.h"

namespace tenon::layers {

/// Children are named "0", "1", … as in PyTorch, or by `add_named`.
class Container : public Module {
 public:
  using Module::Module;

  /// Makes a module at the end, from its options or from the arguments that follow (parent, name)
  /// in its constructor, and returns it. The container owns it.
  template <class Layer>
  Layer& add(const typename Layer::Options& options) {
    return take(new Layer(this, std::to_string(size()), options));
  }
  template <class Layer, class... Args>
  Layer& add(const Args&... args) {
    return take(new Layer(this, std::to_string(size()), args...));
  }
  /// The same under a name of its own, as PyTorch's Sequential(OrderedDict(...)).
  template <class Layer>
  Layer& add_named(std::string_view name, const typename Layer::Options& options) {
    return take(new Layer(this, name, options));
  }
  template <class Layer, class... Args>
  Layer& add_named(std::string_view name, const Args&... args) {
    return take(new Layer(this, name, args...));
  }

  int size() const { return static_cast<int>(modules_.size()); }
  /// Child number `index`. Throws IndexError.
  Module& operator[](int index) const;

 private:
  /// Called with each module after it was added.
  virtual void added(Module&) {}

  template <class Layer>
  Layer& take(Layer* layer) {
    modules_.push_back(std::unique_ptr<Module>(layer));
    added(*layer);
    return *layer;
  }

  std::vector<std::unique_ptr<Module>> modules_;
};

/// A list of modules for a forward of your own; it has none itself.
class ModuleList final : public Container {
 public:
  using Container::Container;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_CONTAINER_H_
