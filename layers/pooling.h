// Pooling over windows of images.
//
//   MaxPool2d pool({.kernel = 2});         // [N,C,H,W] -> [N,C,H/2,W/2]
//   AdaptiveAvgPool2d mean({.size = 1});   // [N,C,H,W] -> [N,C,1,1]
//
// All throw ValueError for sizes that make no sense; forward throws ShapeError.
#ifndef TENON_LAYERS_POOLING_H_
#define TENON_LAYERS_POOLING_H_

#include "layers/module.h"
#include "layers/size2d.h"
#include "tensor/ops/pooling.h"

namespace tenon::layers {

struct MaxPool2dOptions {
  Size2d kernel = 2;
  Size2d stride = 0;   ///< the kernel's size where 0
  Size2d padding = 0;  ///< counts as -infinity; at most half of the kernel
  Size2d dilation = 1;
  bool ceil_mode = false;  ///< whether windows that reach beyond the end are kept
};

/// Largest value of each window.
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

struct AvgPool2dOptions {
  Size2d kernel = 2;
  Size2d stride = 0;   ///< the kernel's size where 0
  Size2d padding = 0;  ///< zeros; at most half of the kernel
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< whether those zeros count in the mean
};

/// Mean of each window.
class AvgPool2d : public Module {
 public:
  using Options = AvgPool2dOptions;

  explicit AvgPool2d(const AvgPool2dOptions& options = {}) { init(options); }
  AvgPool2d(Module* parent, std::string_view name, const AvgPool2dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const AvgPool2dOptions& options);

  AvgPool2dParams params_;
};

struct AdaptivePool2dOptions {
  Size2d size = 1;  ///< of the result
};

/// Mean of each of size x size windows that divide the plane as evenly as may be.
class AdaptiveAvgPool2d : public Module {
 public:
  using Options = AdaptivePool2dOptions;

  explicit AdaptiveAvgPool2d(const AdaptivePool2dOptions& options = {}) { init(options); }
  AdaptiveAvgPool2d(Module* parent, std::string_view name,
                    const AdaptivePool2dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const AdaptivePool2dOptions& options);

  Size2d size_ = 1;
};

/// Largest value of each of those windows.
class AdaptiveMaxPool2d : public Module {
 public:
  using Options = AdaptivePool2dOptions;

  explicit AdaptiveMaxPool2d(const AdaptivePool2dOptions& options = {}) { init(options); }
  AdaptiveMaxPool2d(Module* parent, std::string_view name,
                    const AdaptivePool2dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const AdaptivePool2dOptions& options);

  Size2d size_ = 1;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_POOLING_H_
