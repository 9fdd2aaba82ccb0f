// Layers without memory, for weights that come from a file.
//
//   std::unique_ptr<Net> net;
//   {
//     const Placeholders scope;
//     net = std::make_unique<Net>();       // no memory, no random numbers
//   }
//   for (const auto& [name, parameter] : net->named_parameters()) {
//     parameter.set_value(weights.at(name));
//   }
#ifndef TENON_LAYERS_PLACEHOLDERS_H_
#define TENON_LAYERS_PLACEHOLDERS_H_

#include "tensor/tensor.h"

namespace tenon::layers {

/// While one lives, the weights that linear, convolutional and embedding layers get on this thread
/// are one zero, seen as a tensor of their shape. Give each a value of its own before anything
/// writes to it.
class Placeholders {
 public:
  Placeholders();
  ~Placeholders();
  Placeholders(const Placeholders&) = delete;
  Placeholders& operator=(const Placeholders&) = delete;

  /// Whether one lives on this thread.
  static bool wanted();
  /// The zero under a shape.
  static Tensor make(const Shape& shape);

 private:
  bool before_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_PLACEHOLDERS_H_
