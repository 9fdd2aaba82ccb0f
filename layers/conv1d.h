// One-dimensional convolution, over sequences.
//
//   Conv1d conv({.in_channels = 8, .out_channels = 16, .kernel = 3, .padding = 1});
//   Variable y = conv(x);    // [N,8,L] -> [N,16,L]
#ifndef TENON_LAYERS_CONV1D_H_
#define TENON_LAYERS_CONV1D_H_

#include "layers/activatable.h"

namespace tenon::layers {

struct Conv1dOptions {
  std::int64_t in_channels = 0;
  std::int64_t out_channels = 0;
  int kernel = 0;
  int stride = 1;
  int padding = 0;  ///< zeros on both sides
  int dilation = 1;
  int groups = 1;
  bool bias = true;
};

/// x [N,C,L] -> [N,K,P], P = floor((L + 2 padding - dilation (kernel - 1) - 1) / stride) + 1.
/// Parameters: "weight" [K,C/groups,R] and "bias" [K], both U(-a, a), a = 1/sqrt(C/groups R), from
/// default_generator() at first, as in PyTorch. Errors as Conv2d's.
class Conv1d : public Activatable {
 public:
  using Options = Conv1dOptions;

  explicit Conv1d(const Conv1dOptions& options) : options_(options) { init(); }
  Conv1d(Module* parent, std::string_view name, const Conv1dOptions& options)
      : Activatable(parent, name), options_(options) {
    init();
  }

  using Activatable::forward;
  Variable forward(const Variable& x, Activation activation) override;

  const Conv1dOptions& options() const { return options_; }
  const Variable& weight() const { return weight_; }
  /// Undefined for a layer without bias.
  const Variable& bias() const { return bias_; }
  double flops(const Shape& result) const override;
  std::string describe() const override;

 private:
  void init();

  Conv1dOptions options_;
  Variable weight_;
  Variable bias_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_CONV1D_H_
