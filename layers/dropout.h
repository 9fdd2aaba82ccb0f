// Dropout: while training, zeroes elements at random.
//
//   Dropout dropout({.p = 0.5});
//   dropout.eval();                   // now the identity
#ifndef TENON_LAYERS_DROPOUT_H_
#define TENON_LAYERS_DROPOUT_H_

#include "layers/module.h"

namespace tenon::layers {

struct DropoutOptions {
  double p = 0.5;  ///< probability of a zero, in [0,1)
};

/// In training mode zeroes each element with probability p and scales the others by 1/(1-p); the
/// identity in evaluation mode and for p = 0. Draws from default_generator() of the calling thread,
/// so a run that restores that generator's seed and offset repeats the same masks. Throws
/// ValueError for another p. (Srivastava et al. 2014, "Dropout: a simple way to prevent neural
/// networks from overfitting", §4; scaled while training, as everywhere today)
class Dropout final : public Module {
 public:
  using Options = DropoutOptions;

  explicit Dropout(const DropoutOptions& options = {}) { init(options); }
  Dropout(Module* parent, std::string_view name, const DropoutOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;
  double p() const { return p_; }

 private:
  void init(const DropoutOptions& options);

  double p_ = 0;
};

/// In training mode zeroes whole channels of x [N,C,..] with probability p and scales the others by
/// 1/(1-p): neighbouring pixels say the same, so that single zeros would drop little. Otherwise as
/// Dropout; forward throws ShapeError for fewer than 2 dimensions. (Tompson et al. 2015, "Efficient
/// object localization using convolutional networks", §3.2)
class Dropout2d final : public Module {
 public:
  using Options = DropoutOptions;

  explicit Dropout2d(const DropoutOptions& options = {}) { init(options); }
  Dropout2d(Module* parent, std::string_view name, const DropoutOptions& options = {})
      : Module(parent, name) {
    init(options);
  }

  Variable forward(const Variable& x) override;
  std::string describe() const override;
  double p() const { return p_; }

 private:
  void init(const DropoutOptions& options);

  double p_ = 0;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_DROPOUT_H_
