#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

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
  internal::check_defined(name, "x", x);
  if (x.dtype() == DType::kBool) {
    throw DTypeError("[" + std::string(name) + "] expected x of a numeric dtype, got " +
                     internal::describe(x));
  }
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
Tensor tanh(const Tensor& x) { return floating(UnaryOp::kTanh, "tanh", x); }
Tensor erf(const Tensor& x) { return floating(UnaryOp::kErf, "erf", x); }
Tensor sigmoid(const Tensor& x) { return floating(UnaryOp::kSigmoid, "sigmoid", x); }
Tensor relu(const Tensor& x) { return floating(UnaryOp::kRelu, "relu", x); }

}  // namespace tenon
