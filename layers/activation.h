// Activations as modules, for containers. In a forward of your own call autograd::relu, … .
//
//   net.add<LeakyReLU>({.slope = 0.2});
//   net.add<PReLU>({.parameters = 64});     // trained
//
// Each names its formula; those without a paper are PyTorch's, with its defaults.
#ifndef TENON_LAYERS_ACTIVATION_H_
#define TENON_LAYERS_ACTIVATION_H_

#include <string>

#include "layers/module.h"

namespace tenon::layers {

/// A module whose options say everything about it.
template <class O>
class Configured : public Module {
 public:
  using Options = O;

  explicit Configured(const Options& options = {}) : options_(options) {}
  Configured(Module* parent, std::string_view name, const Options& options = {})
      : Module(parent, name), options_(options) {}

  const Options& options() const { return options_; }

 protected:
  Options options_;
};

/// max(x, 0). Sequential merges it into a Linear or Conv2d directly before it.
class ReLU final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

class Tanh final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// 1 / (1 + exp(-x)).
class Sigmoid final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// log(sigmoid(x)).
class LogSigmoid final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// The self-normalizing one. (Klambauer et al. 2017, §2)
class SELU final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// x sigmoid(x), Swish of beta 1. (Elfwing et al. 2018; Ramachandran et al. 2017)
class SiLU final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// x tanh(softplus(x)). (Misra 2019, §3)
class Mish final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

/// Sigmoid and Swish of straight lines. (Howard et al. 2019, "MobileNetV3", §5.2)
class Hardsigmoid final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};
class Hardswish final : public Module {
 public:
  using Module::Module;
  Variable forward(const Variable& x) override;
};

struct LeakyReLUOptions {
  double slope = 0.01;
};
/// x where positive, else slope x. (Maas et al. 2013, §3)
class LeakyReLU final : public Configured<LeakyReLUOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
  std::string describe() const override;
};

struct ELUOptions {
  double alpha = 1;
};
/// x where positive, else alpha (exp(x) - 1). (Clevert et al. 2016, §3)
class ELU final : public Configured<ELUOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
  std::string describe() const override;
};

struct GELUOptions {
  bool tanh = false;  ///< the approximation by tanh
};
/// x times the normal distribution's probability of less than x. (Hendrycks & Gimpel 2016, §2)
class GELU final : public Configured<GELUOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
  std::string describe() const override;
};

struct SoftplusOptions {
  double beta = 1;
  double threshold = 20;  ///< x where beta x is larger
};
/// log(1 + exp(beta x)) / beta.
class Softplus final : public Configured<SoftplusOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
  std::string describe() const override;
};

struct HardtanhOptions {
  double low = -1;
  double high = 1;
};
/// x within [low, high].
class Hardtanh final : public Configured<HardtanhOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
  std::string describe() const override;
};

struct SoftmaxOptions {
  int dim = -1;
};
/// exp(x) / sum(exp(x)) along a dimension, and its logarithm.
class Softmax final : public Configured<SoftmaxOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
};
class LogSoftmax final : public Configured<SoftmaxOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
};

struct MaxoutOptions {
  int pieces = 2;
  int dim = 1;
};
/// The largest of each `pieces` neighbours along a dimension: [N,C] -> [N,C/pieces]. Forward throws
/// ShapeError where they do not divide it. (Goodfellow et al. 2013, §2)
class Maxout final : public Configured<MaxoutOptions> {
 public:
  using Configured::Configured;
  Variable forward(const Variable& x) override;
  std::string describe() const override;
};

// With parameters.

struct PReLUOptions {
  std::int64_t parameters = 1;  ///< 1 for all, or one for each channel (dimension 1)
  double slope = 0.25;          ///< at first
};
/// x where positive, else weight x. Parameter "weight" [parameters]. Throws ValueError for fewer
/// than one. (He et al. 2015, "Delving deep into rectifiers", §2.1)
class PReLU final : public Configured<PReLUOptions> {
 public:
  explicit PReLU(const PReLUOptions& options = {}) : Configured(options) { init(); }
  PReLU(Module* parent, std::string_view name, const PReLUOptions& options = {})
      : Configured(parent, name, options) {
    init();
  }
  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init();
  Variable weight_;
};

struct CELUOptions {
  double alpha = 1;
  bool trainable = false;
};
/// x where positive, else alpha (exp(x / alpha) - 1), whose slope has no step. Parameter "alpha"
/// [1] where trainable. Throws ValueError for an alpha that is not positive. (Barron 2017)
class CELU final : public Configured<CELUOptions> {
 public:
  explicit CELU(const CELUOptions& options = {}) : Configured(options) { init(); }
  CELU(Module* parent, std::string_view name, const CELUOptions& options = {})
      : Configured(parent, name, options) {
    init();
  }
  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init();
  Variable alpha_;
};

struct SwishOptions {
  double beta = 1;
  bool trainable = true;
};
/// x sigmoid(beta x). Parameter "beta" [1] where trainable. (Ramachandran, Zoph & Le 2017,
/// "Searching for activation functions", §4)
class Swish final : public Configured<SwishOptions> {
 public:
  explicit Swish(const SwishOptions& options = {}) : Configured(options) { init(); }
  Swish(Module* parent, std::string_view name, const SwishOptions& options = {})
      : Configured(parent, name, options) {
    init();
  }
  Variable forward(const Variable& x) override;
  std::string describe() const override;

 private:
  void init();
  Variable beta_;
};

}  // namespace tenon::layers

#endif  // TENON_LAYERS_ACTIVATION_H_
