// Arithmetic, with broadcasting.
#ifndef TENON_AUTOGRAD_OPS_ARITHMETIC_H_
#define TENON_AUTOGRAD_OPS_ARITHMETIC_H_

#include "autograd/variable.h"

namespace tenon::autograd {

Variable add(const Variable& a, const Variable& b);
Variable sub(const Variable& a, const Variable& b);
Variable mul(const Variable& a, const Variable& b);
Variable div(const Variable& a, const Variable& b);
Variable pow(const Variable& a, const Variable& b);
/// Where both are equal each gets half of the gradient.
Variable maximum(const Variable& a, const Variable& b);
Variable minimum(const Variable& a, const Variable& b);
/// At the origin, where no angle is, the derivatives are 0.
Variable atan2(const Variable& a, const Variable& b);
/// In b the derivative is -trunc(a / b), -floor(a / b), the jumps apart.
Variable fmod(const Variable& a, const Variable& b);
Variable remainder(const Variable& a, const Variable& b);
/// The derivatives are 0.
Variable floor_divide(const Variable& a, const Variable& b);
Variable add(const Variable& a, double b);
Variable sub(const Variable& a, double b);
Variable sub(double a, const Variable& b);
Variable mul(const Variable& a, double b);
Variable div(const Variable& a, double b);
Variable div(double a, const Variable& b);
Variable pow(const Variable& a, double b);
Variable maximum(const Variable& a, double b);
Variable minimum(const Variable& a, double b);
Variable fmod(const Variable& a, double b);
Variable remainder(const Variable& a, double b);
Variable floor_divide(const Variable& a, double b);

inline Variable operator+(const Variable& a, const Variable& b) { return add(a, b); }
inline Variable operator-(const Variable& a, const Variable& b) { return sub(a, b); }
inline Variable operator*(const Variable& a, const Variable& b) { return mul(a, b); }
inline Variable operator/(const Variable& a, const Variable& b) { return div(a, b); }
inline Variable operator+(const Variable& a, double b) { return add(a, b); }
inline Variable operator-(const Variable& a, double b) { return sub(a, b); }
inline Variable operator*(const Variable& a, double b) { return mul(a, b); }
inline Variable operator/(const Variable& a, double b) { return div(a, b); }
inline Variable operator+(double a, const Variable& b) { return add(b, a); }
inline Variable operator-(double a, const Variable& b) { return sub(a, b); }
inline Variable operator*(double a, const Variable& b) { return mul(b, a); }
inline Variable operator/(double a, const Variable& b) { return div(a, b); }

/// condition (bool, a constant) ? a : b.
Variable where(const Tensor& condition, const Variable& a, const Variable& b);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_ARITHMETIC_H_
