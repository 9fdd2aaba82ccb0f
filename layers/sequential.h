// Modules one after the other.
//
//   Sequential net;
//   net.add<Linear>({.in_features = 784, .out_features = 128});   // child "0"
//   net.add<ReLU>();                                              // child "1"
//   net.add<Linear>({.in_features = 128, .out_features = 10});    // child "2"
//   Variable logits = net(images);
#ifndef TENON_LAYERS_SEQUENTIAL_H_
#define TENON_LAYERS_SEQUENTIAL_H_

#include <vector>

#include "layers/container.h"
#include "tensor/ops.h"

namespace tenon::layers {

class Activatable;

/// A ReLU or GELU right after an Activatable layer (Linear, Conv2d) is that layer's to apply, in
/// its kernel where there is one (tensor/ops/linalg.h); names are the same as unmerged, and so are
/// the bits of results and gradients on the CPU. While a forward hook is on one of the two they run
/// apart, so that it sees what it was put on.
class Sequential : public Container {
 public:
  using Container::Container;

  /// x through every child in turn; x itself where there is none.
  Variable forward(const Variable& x) override;

 private:
  /// One call: a module alone, or one that takes the activation after it along.
  struct Step {
    Module* module;
    Activatable* activatable = nullptr;  // `module` where `next` is merged into it
    Module* next = nullptr;
    Activation activation = Activation::kNone;  // that `next` is

    Variable operator()(const Variable& x) const;
  };

  void added(Module& module) override;

  std::vector<Step> steps_;
};

/// x + f(x), where f is a Sequential of the children, which must keep the shape (He, Zhang, Ren &
/// Sun 2016, "Deep residual learning for image recognition", §3.2). Throws ShapeError where f
/// changes the shape.
class Residual final : public Sequential {
 public:
  using Sequential::Sequential;
  Variable forward(const Variable& x) override;
};

/// x as it is: what takes the place of a layer that is not wanted.
class Identity final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override { return x; }
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_SEQUENTIAL_H_
