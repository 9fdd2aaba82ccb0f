// Modules one after the other.
//
//   Sequential net;
//   net.add<Linear>({.in_features = 784, .out_features = 128});   // child "0"
//   net.add<ReLU>();                                              // child "1"
//   net.add<Linear>({.in_features = 128, .out_features = 10});    // child "2"
//   Variable logits = net(images);
#ifndef TENON_LAYERS_SEQUENTIAL_H_
#define TENON_LAYERS_SEQUENTIAL_H_

#include <memory>

#include "layers/module.h"

namespace tenon::layers {

class Activatable;

/// Children are named "0", "1", … as in PyTorch. A ReLU right after an Activatable layer (Linear,
/// Conv2d) runs inside that layer's kernel; results, names and gradients are the same bits as
/// unmerged.
class Sequential : public Module {
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

  /// x through every child in turn; x itself where there is none.
  Variable forward(const Variable& x) override;

 private:
  /// One call: a module alone, or one whose kernel takes the ReLU after it along.
  struct Step {
    Module* module;
    Activatable* with_relu;
  };

  template <class Layer>
  Layer& take(Layer* layer) {
    append(std::unique_ptr<Module>(layer));
    return *layer;
  }
  void append(std::unique_ptr<Module> module);

  std::vector<std::unique_ptr<Module>> modules_;
  std::vector<Step> steps_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_SEQUENTIAL_H_
