#include <limits>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// A bool tensor like x.
Tensor everywhere(bool value, const Tensor& x) {
  Tensor out = empty_like(x, DType::kBool);
  backend(x.device()).fill(value ? 1 : 0, out);
  return out;
}

Tensor unary(UnaryOp op, const Tensor& x) {
  Tensor out = empty_like(x);
  backend(x.device()).unary(op, x, out);
  return out;
}

Tensor floating(UnaryOp op, const char* name, const Tensor& x) {
  internal::check_floating(name, "x", x);
  return unary(op, x);
}

Tensor numeric(UnaryOp op, const char* name, const Tensor& x) {
  internal::check_numeric(name, "x", x);
  return unary(op, x);
}

}  // namespace

Tensor neg(const Tensor& x) { return numeric(UnaryOp::kNeg, "neg", x); }
Tensor abs(const Tensor& x) { return numeric(UnaryOp::kAbs, "abs", x); }
Tensor sign(const Tensor& x) { return numeric(UnaryOp::kSign, "sign", x); }
Tensor square(const Tensor& x) { return numeric(UnaryOp::kSquare, "square", x); }
Tensor sqrt(const Tensor& x) { return floating(UnaryOp::kSqrt, "sqrt", x); }
Tensor rsqrt(const Tensor& x) { return floating(UnaryOp::kRsqrt, "rsqrt", x); }
Tensor reciprocal(const Tensor& x) { return floating(UnaryOp::kReciprocal, "reciprocal", x); }
Tensor exp(const Tensor& x) { return floating(UnaryOp::kExp, "exp", x); }
Tensor expm1(const Tensor& x) { return floating(UnaryOp::kExpm1, "expm1", x); }
Tensor log(const Tensor& x) { return floating(UnaryOp::kLog, "log", x); }
Tensor log1p(const Tensor& x) { return floating(UnaryOp::kLog1p, "log1p", x); }
Tensor sin(const Tensor& x) { return floating(UnaryOp::kSin, "sin", x); }
Tensor cos(const Tensor& x) { return floating(UnaryOp::kCos, "cos", x); }
Tensor tan(const Tensor& x) { return floating(UnaryOp::kTan, "tan", x); }
Tensor asin(const Tensor& x) { return floating(UnaryOp::kAsin, "asin", x); }
Tensor acos(const Tensor& x) { return floating(UnaryOp::kAcos, "acos", x); }
Tensor atan(const Tensor& x) { return floating(UnaryOp::kAtan, "atan", x); }
Tensor sinh(const Tensor& x) { return floating(UnaryOp::kSinh, "sinh", x); }
Tensor cosh(const Tensor& x) { return floating(UnaryOp::kCosh, "cosh", x); }
Tensor tanh(const Tensor& x) { return floating(UnaryOp::kTanh, "tanh", x); }
Tensor erf(const Tensor& x) { return floating(UnaryOp::kErf, "erf", x); }
Tensor sigmoid(const Tensor& x) { return floating(UnaryOp::kSigmoid, "sigmoid", x); }
Tensor relu(const Tensor& x) { return floating(UnaryOp::kRelu, "relu", x); }
Tensor floor(const Tensor& x) { return floating(UnaryOp::kFloor, "floor", x); }
Tensor ceil(const Tensor& x) { return floating(UnaryOp::kCeil, "ceil", x); }
Tensor round(const Tensor& x) { return floating(UnaryOp::kRound, "round", x); }
Tensor trunc(const Tensor& x) { return floating(UnaryOp::kTrunc, "trunc", x); }

Tensor frac(const Tensor& x) {
  internal::check_floating("frac", "x", x);
  return sub(x, trunc(x));
}

Tensor isnan(const Tensor& x) {
  internal::check_defined("isnan", "x", x);
  return ne(x, x);
}

Tensor isinf(const Tensor& x) {
  internal::check_defined("isinf", "x", x);
  return is_floating(x.dtype()) ? eq(abs(x), kInfinity) : everywhere(false, x);
}

Tensor isfinite(const Tensor& x) {
  internal::check_defined("isfinite", "x", x);
  return is_floating(x.dtype()) ? lt(abs(x), kInfinity) : everywhere(true, x);
}

Tensor logical_not(const Tensor& x) {
  internal::check_defined("logical_not", "x", x);
  return eq(x, 0);
}

}  // namespace tenon
