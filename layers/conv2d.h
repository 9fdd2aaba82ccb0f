// Two-dimensional convolution (cross-correlation, as everywhere in this field).
//
//   Conv2d conv({.in_channels = 3, .out_channels = 16, .kernel = 5, .padding = 2});
//   Variable y = conv(images);    // [N,3,H,W] -> [N,16,H,W]
#ifndef TENON_LAYERS_CONV2D_H_
#define TENON_LAYERS_CONV2D_H_

#include "layers/activatable.h"
#include "layers/size2d.h"

namespace tenon::layers {

struct Conv2dOptions {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Size2d kernel = 0;
  Size2d stride = 1;
  Size2d padding = 0;  ///< zeros on both sides
  Size2d dilation = 1;
  int groups = 1;
  bool bias = true;
};

/// x [N,C,H,W] -> [N,K,P,Q], P = floor((H + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
/// Parameters: "weight" [K,C/groups,R,S] and "bias" [K], both U(-a, a), a = 1/sqrt(C/groups R S),
/// from default_generator() at first, as in PyTorch. Throws ValueError for channels, sizes or
/// groups that are not positive or do not divide; forward throws ShapeError that names the layer
/// where x does not fit. (Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep
/// learning", §2)
class Conv2d : public Activatable {
 public:
  using Options = Conv2dOptions;

  explicit Conv2d(const Conv2dOptions& options) : options_(options) { init(); }
  Conv2d(Module* parent, std::string_view name, const Conv2dOptions& options)
      : Activatable(parent, name), options_(options) {
    init();
  }

  using Activatable::forward;
  Variable forward(const Variable& x, Activation activation) override;

  /// The layer's convolution with another weight and bias of the same shapes.
  Variable convolve(const Variable& x, const Variable& weight, const Variable& bias,
                    Activation activation) const;

  const Conv2dOptions& options() const { return options_; }
  const Variable& weight() const { return weight_; }
  /// Undefined for a layer without bias.
  const Variable& bias() const { return bias_; }
  double flops(const Shape& result) const override;
  std::string describe() const override;

 private:
  void init();

  Conv2dOptions options_;
  Conv2dParams params_;
  Variable weight_;
  Variable bias_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_CONV2D_H_
