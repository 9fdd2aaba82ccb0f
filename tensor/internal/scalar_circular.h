// Inverse circular functions of float: see scalar_math.h.
#ifndef TENON_TENSOR_INTERNAL_SCALAR_CIRCULAR_H_
#define TENON_TENSOR_INTERNAL_SCALAR_CIRCULAR_H_

#include "tensor/internal/scalar_primitives.h"

namespace tenon::math {

// pi/2 is kHalfPi + kHalfPiRest.
inline constexpr float kHalfPi = 0x1.921fb6p0f, kHalfPiRest = -0x1.777a5cp-25f;

/// asin(|x|) for |x| < 1/2, else half of acos(|x|) = 2 asin(sqrt((1 - |x|) / 2)). The fit of
/// (asin(s) - s) / s^3 is good to 2^-27.6 of asin(s).
template <class V>
TENON_SCALAR V asin_half(V x) {
  const V size = fabs(x);
  const auto small = size < V(0.5f);
  const V square = select(small, x * x, fma(size, V(-0.5f), V(0.5f)));
  const V root = select(small, size, sqrt(square));
  return fma(
      root * square,
      polynomial(square, 0.166667521f, 0.074952975f, 0.0454703756f, 0.0241795145f, 0.0421663076f),
      root);
}

template <class V>
TENON_SCALAR V asin(V x) {
  const V y = asin_half(x);
  const V large = fma(y, V(-2), V(kHalfPi)) + V(kHalfPiRest);
  return copysign(select(fabs(x) < V(0.5f), y, large), x);
}

template <class V>
TENON_SCALAR V acos(V x) {
  const V y = asin_half(x);
  const V middle = V(kHalfPi) - (copysign(y, x) - V(kHalfPiRest));
  const V below = V(2) * (V(kHalfPi) - (y - V(kHalfPiRest)));
  return select(fabs(x) < V(0.5f), middle, select(x < V(0), below, y + y));
}

/// The angle of (x, y), turned to within pi/8 of an axis, where (atan(t) - t) / t^3 is fitted to
/// 2^-30.5 of atan(t).
template <class V>
TENON_SCALAR V atan2(V y, V x) {
  const V up = fabs(y), along = fabs(x);
  const auto above = up > along;
  const auto huge = (up > V(0x1p100f)) | (along > V(0x1p100f));
  const V scale = select(huge, V(0x1p-30f), V(1));  // sums stay finite
  const V larger = scale * select(above, up, along);
  const V smaller = scale * select(above, along, up);
  const auto equal = smaller == larger;  // infinities among them
  const auto steep = (equal & (larger > V(0))) | (smaller > V(0.414213562f) * larger);
  const V quotient =
      select(steep, smaller - larger, smaller) / select(steep, smaller + larger, larger);
  const V t = select(equal, V(0), quotient);
  const V square = t * t;
  V angle = fma(
      t * square,
      polynomial(square, -0.333333164f, 0.199984714f, -0.142435223f, 0.105937272f, -0.0607799068f),
      t);
  angle = select(steep, V(0.5f * kHalfPi) + (angle + V(0.5f * kHalfPiRest)), angle);
  angle = select(above, V(kHalfPi) - (angle - V(kHalfPiRest)), angle);
  angle = select(is_signed(x), V(2 * kHalfPi) - (angle - V(2 * kHalfPiRest)), angle);
  return select((x == x) & (y == y), copysign(angle, y), x + y);
}
template <class V>
TENON_SCALAR V atan(V x) {
  return atan2(x, V(1));
}

}  // namespace tenon::math

#endif  // TENON_TENSOR_INTERNAL_SCALAR_CIRCULAR_H_
