// A product of two inputs: y_k = x1^T W_k x2 + b_k.
//
//   Bilinear score({.in1_features = 20, .in2_features = 30, .out_features = 1});
//   Variable y = score(a, b);       // a [..,20], b [..,30] -> [..,1]
#ifndef TENON_LAYERS_BILINEAR_H_
#define TENON_LAYERS_BILINEAR_H_

#include "layers/module.h"

namespace tenon::layers {

struct BilinearOptions {
  std::int64_t in1_features = 0;
  std::int64_t in2_features = 0;
  std::int64_t out_features = 0;
  bool bias = true;
};

/// Parameters: "weight" [O,I1,I2] and "bias" [O], both U(-1/sqrt(I1), 1/sqrt(I1)) from
/// default_generator() at first, as in PyTorch. Throws ValueError for features below 1; forward
/// throws ShapeError where the inputs' last dimensions are not I1 and I2 or the others differ.
class Bilinear final : public Module {
 public:
  using Options = BilinearOptions;

  explicit Bilinear(const BilinearOptions& options) : options_(options) { init(); }
  Bilinear(Module* parent, std::string_view name, const BilinearOptions& options)
      : Module(parent, name), options_(options) {
    init();
  }

  using Module::forward;
  Variable forward(const Variable& x1, const Variable& x2);
  using Module::operator();
  Variable operator()(const Variable& x1, const Variable& x2) { return forward(x1, x2); }

  std::string describe() const override;

 private:
  void init();

  BilinearOptions options_;
  Variable weight_;
  Variable bias_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_BILINEAR_H_
