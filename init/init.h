// First values for the parameters of a network.
//
//   Generator generator(/*seed=*/1);
//   Tensor weight = empty({512, 784});                      // [out,in]
//   init::kaiming_normal_(weight, generator);               // He: for ReLU networks
//   init::xavier_uniform_(weight, generator, {.gain = init::gain(init::Nonlinearity::kTanh)});
//
// Every function writes over a tensor in place (views too) and draws from the generator it is
// given: the same seed gives the same numbers on every device. Weights are [out,in] for linear
// layers and [out,in/groups,height,width] for convolutions. Floating dtypes; all throw DTypeError
// for others.
#ifndef TENON_INIT_INIT_H_
#define TENON_INIT_INIT_H_

#include <cstdint>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::init {

/// How many inputs feed one output of a weight, and how many outputs one input feeds.
struct Fans {
  std::int64_t in = 0;
  std::int64_t out = 0;
};
/// [O,I] -> {I, O}; [O,I,R,S,…] -> {I R S …, O R S …}. Throws ShapeError for fewer than 2
/// dimensions.
Fans fans(const Shape& weight);

/// The function between a layer and the next.
enum class Nonlinearity : std::uint8_t { kLinear, kSigmoid, kTanh, kRelu, kLeakyRelu, kSelu };
/// The factor that keeps the variance of activations when passing through the function, as
/// PyTorch's `calculate_gain`: 1, 1, 5/3, sqrt(2), sqrt(2 / (1 + slope^2)), 3/4. (He et al. 2015,
/// "Delving deep into rectifiers", §2.2, for kRelu and kLeakyRelu; those for tanh and SELU are
/// PyTorch's convention: a self-normalizing network proper wants `lecun_normal_`, Klambauer et al.
/// 2017, "Self-normalizing neural networks", §4.)
double gain(Nonlinearity nonlinearity, double slope = 0.01);

// Plain fillings.

void zeros_(const Tensor& tensor);
void ones_(const Tensor& tensor);
void constant_(const Tensor& tensor, double value);

struct UniformOptions {
  double low = 0;
  double high = 1;
};
/// Uniform in [low, high). Throws ValueError where low > high or one is not finite.
void uniform_(const Tensor& tensor, Generator& generator, const UniformOptions& options = {});

struct NormalOptions {
  double mean = 0;
  double deviation = 1;
};
/// Throws ValueError for a negative deviation.
void normal_(const Tensor& tensor, Generator& generator, const NormalOptions& options = {});

struct TruncNormalOptions {
  double mean = 0;
  double deviation = 1;
  double low = -2;  ///< bounds of the values, not in deviations
  double high = 2;
};
/// A normal distribution without what lies outside [low, high], by inverting its distribution
/// function. Right where the bounds leave more than a millionth of it. Throws ValueError for a
/// deviation that is not above 0 and for low >= high. (Devroye 1986, "Non-uniform random variate
/// generation", §II.2.1)
void trunc_normal_(const Tensor& tensor, Generator& generator,
                   const TruncNormalOptions& options = {});

// Fillings scaled by the fans of a weight, so that activations and gradients keep their size from
// layer to layer. The uniform variant of each has the same variance as the normal one. All throw
// ShapeError for fewer than 2 dimensions.

struct XavierOptions {
  double gain = 1;
};
/// U(-a, a), a = gain sqrt(6 / (in + out)). (Glorot & Bengio 2010, "Understanding the difficulty of
/// training deep feedforward neural networks", §4.2.1, equation 16)
void xavier_uniform_(const Tensor& weight, Generator& generator, const XavierOptions& options = {});
/// N(0, s²), s = gain sqrt(2 / (in + out)). (the same, equation 12)
void xavier_normal_(const Tensor& weight, Generator& generator, const XavierOptions& options = {});

/// Which fan is kept: kIn keeps the variance of activations on the way forward, kOut that of
/// gradients on the way back.
enum class FanMode : std::uint8_t { kIn, kOut };
struct KaimingOptions {
  FanMode mode = FanMode::kIn;
  Nonlinearity nonlinearity = Nonlinearity::kRelu;
  double slope = 0.01;  ///< of the negative part, for kLeakyRelu
};
/// U(-a, a), a = gain sqrt(3 / fan). Also known as He. (He et al. 2015, §2.2, equations 10 and 14)
void kaiming_uniform_(const Tensor& weight, Generator& generator,
                      const KaimingOptions& options = {});
/// N(0, s²), s = gain / sqrt(fan). (the same)
void kaiming_normal_(const Tensor& weight, Generator& generator,
                     const KaimingOptions& options = {});

/// U(-a, a), a = sqrt(3 / in). (LeCun, Bottou, Orr & Müller 1998, "Efficient BackProp", §4.6)
void lecun_uniform_(const Tensor& weight, Generator& generator);
/// N(0, 1/in). Many courses call this "sqrt(1/fan_in)" Xavier initialization; Glorot & Bengio's own
/// rule, with both fans, is `xavier_normal_`. (the same)
void lecun_normal_(const Tensor& weight, Generator& generator);

}  // namespace tenon::init

#endif  // TENON_INIT_INIT_H_
