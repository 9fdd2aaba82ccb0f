// Initializers by name, for flags and experiments that compare them.
//
//   init::Scheme scheme = init::parse_scheme("he");          // --init=he
//   init::fill_(weight, scheme, generator);
#ifndef TENON_INIT_SCHEME_H_
#define TENON_INIT_SCHEME_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "init/init.h"

namespace tenon::init {

enum class Scheme : std::uint8_t {
  kZeros,
  kUniform,    ///< U(-sqrt(3), sqrt(3)): the variance of kNormal
  kNormal,     ///< N(0, 1)
  kNormal001,  ///< N(0, 0.01²), as AlexNet (Krizhevsky et al. 2012, §5)
  kXavierUniform,
  kXavierNormal,
  kKaimingUniform,  ///< fan_in, ReLU
  kKaimingNormal,   ///< fan_in, ReLU
  kLecunUniform,
  kLecunNormal,
  kOrthogonal,
};

/// "zeros", "uniform", "normal", "normal_0.01", "xavier_uniform", "xavier_normal",
/// "kaiming_uniform", "kaiming_normal", "lecun_uniform", "lecun_normal", "orthogonal".
std::string_view name(Scheme scheme);

/// Reads such a name; "xavier" and "glorot" mean xavier_uniform, "he" and "kaiming" kaiming_normal,
/// "lecun" lecun_normal. Throws ValueError that lists the names for anything else.
Scheme parse_scheme(std::string_view text);

/// Fills a weight by the scheme, with that initializer's default options. Throws as it does.
void fill_(const Tensor& weight, Scheme scheme, Generator& generator);

}  // namespace tenon::init

#endif  // TENON_INIT_SCHEME_H_
