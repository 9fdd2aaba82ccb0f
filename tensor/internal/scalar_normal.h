// The normal distribution and the error function of float: see scalar_math.h.
#ifndef TENON_TENSOR_INTERNAL_SCALAR_NORMAL_H_
#define TENON_TENSOR_INTERNAL_SCALAR_NORMAL_H_

#include "tensor/internal/scalar_exponential.h"

namespace tenon::math {

/// The normal distribution at -|x|: what lies below, and e^(-x^2/2). The ratio of both is fitted by
/// a quotient to 2^-27.4.
template <class V>
struct NormalTail {
  V below;
  V bell;
};
template <class V>
TENON_SCALAR NormalTail<V> normal_tail(V x) {
  const V a = at_most(fabs(x), V(15));  // Phi(-14.2) is below the last denormal number
  const V ratio =
      polynomial(a, 0.5f, 0.437888278f, 0.182933874f, 0.0405316693f, 0.00410123381f) /
      polynomial(a, 1.0f, 1.67366153f, 1.20125175f, 0.468675307f, 0.101604416f, 0.0102801454f);
  const V bell = exp_of(reduce_product(a, V(0.5f) * a));
  return {bell * ratio, bell};
}

template <class V>
TENON_SCALAR V normal_cdf(V x, const NormalTail<V>& tail) {
  return select(x < V(0), tail.below, V(1) - tail.below);
}
template <class V>
TENON_SCALAR V normal_cdf(V x) {
  return normal_cdf(x, normal_tail(x));
}
/// The density.
template <class V>
TENON_SCALAR V normal_pdf(const NormalTail<V>& tail) {
  return V(0.398942280f) * tail.bell;
}

/// erf(x) / x as a quotient of polynomials of x^2, to 2^-29. Beyond 3.925 it is 1.
template <class V>
TENON_SCALAR V erf(V x) {
  const V size = at_most(at_least(x, V(-3.925f)), V(3.925f));
  const V square = size * size;
  return size *
         polynomial(square, 1.12837917f, 0.185141580f, 0.0542494328f, 0.00383946916f,
                    0.000376965884f, 4.61471736e-06f, -1.28292783e-08f) /
         polynomial(square, 1.0f, 0.497410860f, 0.113880445f, 0.0154324761f, 0.00130197295f,
                    6.24506806e-05f);
}

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_SCALAR_NORMAL_H_
