// Pooling over windows of sequences.
//
//   MaxPool1d pool({.kernel = 2});         // [N,C,L] -> [N,C,L/2]
//   AdaptiveAvgPool1d mean({.size = 1});   // [N,C,L] -> [N,C,1]
//
// As layers/pooling.h for planes of one row. All throw ValueError for sizes that make no sense;
// forward throws ShapeError.
#ifndef TENON_LAYERS_POOLING1D_H_
#define TENON_LAYERS_POOLING1D_H_

#include "layers/module.h"
#include "tensor/ops/pooling.h"

namespace tenon::layers {

struct MaxPool1dOptions {
  int kernel = 2;
  int stride = 0;   ///< the kernel's size where 0
  int padding = 0;  ///< counts as -infinity; at most half of the kernel
  int dilation = 1;
  bool ceil_mode = false;  ///< whether windows that reach beyond the end are kept
};

/// Largest value of each window.
class MaxPool1d : public Module {
 public:
  using Options = MaxPool1dOptions;

  explicit MaxPool1d(const MaxPool1dOptions& options = {}) { init(options); }
  MaxPool1d(Module* parent, std::string_view name, const MaxPool1dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const MaxPool1dOptions& options);

  MaxPool1dOptions options_;
};

struct AvgPool1dOptions {
  int kernel = 2;
  int stride = 0;   ///< the kernel's size where 0
  int padding = 0;  ///< zeros; at most half of the kernel
  bool ceil_mode = false;
  bool count_include_pad = true;  ///< whether those zeros count in the mean
};

/// Mean of each window.
class AvgPool1d : public Module {
 public:
  using Options = AvgPool1dOptions;

  explicit AvgPool1d(const AvgPool1dOptions& options = {}) { init(options); }
  AvgPool1d(Module* parent, std::string_view name, const AvgPool1dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const AvgPool1dOptions& options);

  AvgPool1dOptions options_;
};

struct AdaptivePool1dOptions {
  int size = 1;  ///< of the result
};

/// Mean of each of `size` windows that divide the sequence as evenly as may be.
class AdaptiveAvgPool1d : public Module {
 public:
  using Options = AdaptivePool1dOptions;

  explicit AdaptiveAvgPool1d(const AdaptivePool1dOptions& options = {}) { init(options); }
  AdaptiveAvgPool1d(Module* parent, std::string_view name,
                    const AdaptivePool1dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const AdaptivePool1dOptions& options);

  int size_ = 1;
};

/// Largest value of each of those windows.
class AdaptiveMaxPool1d : public Module {
 public:
  using Options = AdaptivePool1dOptions;

  explicit AdaptiveMaxPool1d(const AdaptivePool1dOptions& options = {}) { init(options); }
  AdaptiveMaxPool1d(Module* parent, std::string_view name,
                    const AdaptivePool1dOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init(const AdaptivePool1dOptions& options);

  int size_ = 1;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_POOLING1D_H_
