// Transposed convolution: makes images larger, as decoders do.
//
//   ConvTranspose2d up({.in_channels = 16, .out_channels = 8, .kernel = 4, .stride = 2, .padding =
//   1}); Variable y = up(x);    // [N,16,H,W] -> [N,8,2H,2W]
#ifndef TENON_LAYERS_CONV_TRANSPOSE2D_H_
#define TENON_LAYERS_CONV_TRANSPOSE2D_H_

#include "layers/module.h"
#include "layers/size2d.h"
#include "tensor/ops/convolution.h"

namespace tenon::layers {

struct ConvTranspose2dOptions {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  Size2d kernel = 0;
  Size2d stride = 1;
  Size2d padding = 0;         ///< rows and columns cut off on both sides
  Size2d output_padding = 0;  ///< rows and columns more at the end; below the stride
  Size2d dilation = 1;
  int groups = 1;
  bool bias = true;
};

/// x [N,C,H,W] -> [N,K,P,Q], P = (H - 1) stride - 2 padding + dilation (kernel - 1) +
/// output_padding + 1. Parameters: "weight" [C,K/groups,R,S] and "bias" [K], both U(-a, a),
/// a = 1/sqrt(K/groups R S), from default_generator() at first, as in PyTorch. Errors as Conv2d's.
/// (Dumoulin & Visin 2016, "A guide to convolution arithmetic for deep learning", §4)
class ConvTranspose2d final : public Module {
 public:
  using Options = ConvTranspose2dOptions;

  explicit ConvTranspose2d(const ConvTranspose2dOptions& options) : options_(options) { init(); }
  ConvTranspose2d(Module* parent, std::string_view name, const ConvTranspose2dOptions& options)
      : Module(parent, name), options_(options) {
    init();
  }

  Variable forward(const Variable& x) override;

  const ConvTranspose2dOptions& options() const { return options_; }
  const Variable& weight() const { return weight_; }
  /// Undefined for a layer without bias.
  const Variable& bias() const { return bias_; }
  double flops(const Shape& result) const override;
  std::string describe() const override;

 private:
  void init();

  ConvTranspose2dOptions options_;
  ConvTranspose2dParams params_;
  Variable weight_;
  Variable bias_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_CONV_TRANSPOSE2D_H_
