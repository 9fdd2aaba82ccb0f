// Pooling over windows of images.
//
//   MaxPool2d pool({.kernel = 2});    // [N,C,H,W] -> [N,C,H/2,W/2]
#ifndef TENON_LAYERS_POOLING_H_
#define TENON_LAYERS_POOLING_H_

#include "layers/module.h"
#include "layers/size2d.h"
#include "tensor/ops.h"

namespace tenon::layers {

struct MaxPool2dOptions {
  Size2d kernel = 2;
  Size2d stride = 0;   ///< the kernel's size where 0
  Size2d padding = 0;  ///< counts as -infinity; at most half of the kernel
};

/// Largest value of each window; windows that do not fit at the end are dropped. Throws ValueError
/// for sizes that make no sense.
class MaxPool2d : public Module {
 public:
  using Options = MaxPool2dOptions;

  explicit MaxPool2d(const MaxPool2dOptions& options = {}) { init(options); }
  MaxPool2d(Module* parent, std::string_view name, const MaxPool2dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const MaxPool2dOptions& options);

  Pool2dParams params_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_POOLING_H_
