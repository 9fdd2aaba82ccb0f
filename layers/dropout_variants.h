// Kin of Dropout: noise that multiplies, and zeros that self-normalizing networks can bear.
//
//   net.add<SELU>();
//   net.add<AlphaDropout>({.p = 0.1});
//
// Like Dropout both are the identity in evaluation mode and for p = 0, draw from
// default_generator(), and throw ValueError for a p outside [0,1). Weights instead of activations
// are dropped by layers/drop_connect.h, whole branches by regularize/stochastic_depth.h.
#ifndef TENON_LAYERS_DROPOUT_VARIANTS_H_
#define TENON_LAYERS_DROPOUT_VARIANTS_H_

#include <string>

#include "layers/activation.h"
#include "layers/dropout.h"

namespace tenon::layers {

/// In training mode sets elements to SELU's lower limit, -1.758, with probability p, then scales
/// and shifts all so that inputs of mean 0 and variance 1 keep both. PyTorch's AlphaDropout.
/// (Klambauer et al. 2017, "Self-normalizing neural networks", §3, "New dropout technique")
class AlphaDropout final : public Configured<DropoutOptions> {
 public:
  explicit AlphaDropout(const DropoutOptions& options = {}) : Configured(options) { check(); }
  AlphaDropout(Module* parent, std::string_view name, const DropoutOptions& options = {})
      : Configured(parent, name, options) {
    check();
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void check() const;
};

/// In training mode multiplies each element by a number from N(1, p/(1-p)), which has the mean and
/// the variance of Dropout's factors. (Srivastava et al. 2014, "Dropout", §10)
class GaussianDropout final : public Configured<DropoutOptions> {
 public:
  explicit GaussianDropout(const DropoutOptions& options = {}) : Configured(options) { check(); }
  GaussianDropout(Module* parent, std::string_view name, const DropoutOptions& options = {})
      : Configured(parent, name, options) {
    check();
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void check() const;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_DROPOUT_VARIANTS_H_
