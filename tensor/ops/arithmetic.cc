// Binary operations, comparisons and where: broadcasting and dtype promotion.
#include <cmath>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

using internal::check_defined;
using internal::check_same_device;

/// Two tensors of one dtype and one shape, as backends take them.
struct Operands {
  Tensor a;
  Tensor b;
};

Operands broadcast(const char* op, const Tensor& a, const Tensor& b, DType dtype) {
  Operands operands{a.to(dtype), b.to(dtype)};
  if (a.shape() != b.shape()) {
    const Shape shape = broadcast_shapes(a.shape(), b.shape(), op);
    operands = {operands.a.expand(shape), operands.b.expand(shape)};
  }
  return operands;
}

/// A result in the memory order of the argument that was not broadcast.
Tensor result_like(const Operands& operands, const Tensor& a, DType dtype) {
  return empty_like(operands.a.shape() == a.shape() ? operands.a : operands.b, dtype);
}

void check_pair(const char* op, const Tensor& a, const Tensor& b) {
  check_defined(op, "a", a);
  check_defined(op, "b", b);
  check_same_device(op, a, b);
}

Tensor binary(BinaryOp op, const char* name, const Tensor& a, const Tensor& b, DType dtype) {
  if (a.shape() == b.shape() && a.dtype() == dtype && b.dtype() == dtype) {
    Tensor out = empty_like(a);
    backend(a.device()).binary(op, a, b, out);
    return out;
  }
  const Operands operands = broadcast(name, a, b, dtype);
  Tensor out = result_like(operands, a, dtype);
  backend(a.device()).binary(op, operands.a, operands.b, out);
  return out;
}

Tensor binary(BinaryOp op, const char* name, const Tensor& a, const Tensor& b) {
  check_pair(name, a, b);
  return binary(op, name, a, b, result_type(a, b));
}

bool fits(double whole, DType integral) {
  switch (integral) {
    case DType::kU8:
      return whole >= 0 && whole <= UINT8_MAX;
    case DType::kI32:
      return whole >= INT32_MIN && whole <= INT32_MAX;
    default:
      return whole >= -0x1p63 && whole < 0x1p63;
  }
}

/// The dtype that a tensor and a number meet in.
DType number_dtype(const char* op, const Tensor& x, double number) {
  if (is_floating(x.dtype())) return x.dtype();
  const bool whole = number == std::floor(number) && std::isfinite(number);
  if (!whole) return DType::kF32;
  if (x.dtype() == DType::kBool) return DType::kI64;
  if (!fits(number, x.dtype())) {
    throw ValueError("[" + std::string(op) + "] expected a number that fits " +
                     internal::describe(x) + ", got " + std::to_string(number));
  }
  return x.dtype();
}

Tensor binary_number(BinaryOp op, const Tensor& x, double number, bool reversed, DType dtype) {
  Tensor out = empty_like(x, dtype);
  backend(x.device()).binary_number(op, x.to(dtype), number, reversed, out);
  return out;
}

Tensor binary_number(BinaryOp op, const char* name, const Tensor& x, double number,
                     bool reversed = false) {
  check_defined(name, reversed ? "b" : "a", x);
  return binary_number(op, x, number, reversed, number_dtype(name, x, number));
}

Tensor gradient(BinaryOp op, const char* name, const Tensor& grad, const Tensor& y) {
  internal::check_floating(name, "grad", grad);
  internal::check_match(name, "grad", grad, "y", y);
  internal::check_shape(name, "y", y, grad.shape());
  return binary(op, name, grad, y, grad.dtype());
}

void check_division(const char* op, DType dtype, bool by_zero) {
  if (dtype == DType::kBool) {
    throw DTypeError("[" + std::string(op) + "] expected numbers, got two bool tensors");
  }
  if (!is_floating(dtype) && by_zero) {
    throw ValueError("[" + std::string(op) + "] expected an integral b without zeros, got one");
  }
}

/// A quotient's whole part, or what is left beside it.
Tensor divide(BinaryOp op, const char* name, const Tensor& a, const Tensor& b) {
  check_pair(name, a, b);
  const DType dtype = result_type(a, b);
  check_division(name, dtype, !is_floating(dtype) && any(logical_not(b)).item<bool>());
  return binary(op, name, a, b, dtype);
}
Tensor divide(BinaryOp op, const char* name, const Tensor& a, double b) {
  check_defined(name, "a", a);
  const DType dtype = number_dtype(name, a, b);
  check_division(name, dtype, b == 0);
  return binary_number(op, a, b, false, dtype);
}

DType floating_or_f32(DType dtype) { return is_floating(dtype) ? dtype : DType::kF32; }

Tensor compare(CompareOp op, const char* name, const Tensor& a, const Tensor& b, DType dtype) {
  const Operands operands = broadcast(name, a, b, dtype);
  Tensor out = result_like(operands, a, DType::kBool);
  backend(a.device()).compare(op, operands.a, operands.b, out);
  return out;
}

Tensor compare(CompareOp op, const char* name, const Tensor& a, const Tensor& b) {
  check_pair(name, a, b);
  return compare(op, name, a, b, result_type(a, b));
}

Tensor compare(CompareOp op, const char* name, const Tensor& a, double b) {
  check_defined(name, "a", a);
  const DType dtype = number_dtype(name, a, b);
  return compare(op, name, a, scalar(b, {.dtype = dtype, .device = a.device()}), dtype);
}

/// In a dtype that holds what both hold: in another, a number that is not 0 could become 0.
Tensor logical(CompareOp op, const char* name, const Tensor& a, const Tensor& b) {
  check_pair(name, a, b);
  return compare(op, name, a, b, promote(a.dtype(), b.dtype()));
}

}  // namespace

DType result_type(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  if ((a.ndim() == 0) == (b.ndim() == 0)) return promote(a.dtype(), b.dtype());
  const DType with_dims = a.ndim() > 0 ? a.dtype() : b.dtype();
  const DType without = a.ndim() > 0 ? b.dtype() : a.dtype();
  const bool widens =
      !is_floating(with_dims) && (is_floating(without) || with_dims == DType::kBool);
  return widens ? promote(with_dims, without) : with_dims;
}

Tensor add(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kAdd, "add", a, b); }
Tensor sub(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kSub, "sub", a, b); }
Tensor mul(const Tensor& a, const Tensor& b) { return binary(BinaryOp::kMul, "mul", a, b); }
Tensor div(const Tensor& a, const Tensor& b) {
  check_pair("div", a, b);
  return binary(BinaryOp::kDiv, "div", a, b, floating_or_f32(result_type(a, b)));
}
Tensor pow(const Tensor& a, const Tensor& b) {
  internal::check_floating("pow", "a", a);
  check_pair("pow", a, b);
  return binary(BinaryOp::kPow, "pow", a, b);
}
Tensor maximum(const Tensor& a, const Tensor& b) {
  return binary(BinaryOp::kMaximum, "maximum", a, b);
}
Tensor minimum(const Tensor& a, const Tensor& b) {
  return binary(BinaryOp::kMinimum, "minimum", a, b);
}
Tensor atan2(const Tensor& a, const Tensor& b) {
  check_pair("atan2", a, b);
  return binary(BinaryOp::kAtan2, "atan2", a, b, floating_or_f32(result_type(a, b)));
}
Tensor fmod(const Tensor& a, const Tensor& b) { return divide(BinaryOp::kFmod, "fmod", a, b); }
Tensor remainder(const Tensor& a, const Tensor& b) {
  return divide(BinaryOp::kRemainder, "remainder", a, b);
}
Tensor floor_divide(const Tensor& a, const Tensor& b) {
  return divide(BinaryOp::kFloorDivide, "floor_divide", a, b);
}

Tensor add(const Tensor& a, double b) { return binary_number(BinaryOp::kAdd, "add", a, b); }
Tensor sub(const Tensor& a, double b) { return binary_number(BinaryOp::kSub, "sub", a, b); }
Tensor sub(double a, const Tensor& b) { return binary_number(BinaryOp::kSub, "sub", b, a, true); }
Tensor mul(const Tensor& a, double b) { return binary_number(BinaryOp::kMul, "mul", a, b); }
Tensor div(const Tensor& a, double b) {
  check_defined("div", "a", a);
  return binary_number(BinaryOp::kDiv, a, b, false, floating_or_f32(a.dtype()));
}
Tensor div(double a, const Tensor& b) {
  check_defined("div", "b", b);
  return binary_number(BinaryOp::kDiv, b, a, true, floating_or_f32(b.dtype()));
}
Tensor pow(const Tensor& a, double b) {
  internal::check_floating("pow", "a", a);
  return binary_number(BinaryOp::kPow, "pow", a, b);
}
Tensor maximum(const Tensor& a, double b) {
  return binary_number(BinaryOp::kMaximum, "maximum", a, b);
}
Tensor minimum(const Tensor& a, double b) {
  return binary_number(BinaryOp::kMinimum, "minimum", a, b);
}
Tensor fmod(const Tensor& a, double b) { return divide(BinaryOp::kFmod, "fmod", a, b); }
Tensor remainder(const Tensor& a, double b) {
  return divide(BinaryOp::kRemainder, "remainder", a, b);
}
Tensor floor_divide(const Tensor& a, double b) {
  return divide(BinaryOp::kFloorDivide, "floor_divide", a, b);
}

Tensor relu_grad(const Tensor& grad, const Tensor& y) {
  return gradient(BinaryOp::kReluGrad, "relu_grad", grad, y);
}
Tensor sigmoid_grad(const Tensor& grad, const Tensor& y) {
  return gradient(BinaryOp::kSigmoidGrad, "sigmoid_grad", grad, y);
}
Tensor tanh_grad(const Tensor& grad, const Tensor& y) {
  return gradient(BinaryOp::kTanhGrad, "tanh_grad", grad, y);
}

Tensor eq(const Tensor& a, const Tensor& b) { return compare(CompareOp::kEq, "eq", a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare(CompareOp::kNe, "ne", a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare(CompareOp::kLt, "lt", a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return compare(CompareOp::kLe, "le", a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare(CompareOp::kGt, "gt", a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare(CompareOp::kGe, "ge", a, b); }
Tensor eq(const Tensor& a, double b) { return compare(CompareOp::kEq, "eq", a, b); }
Tensor ne(const Tensor& a, double b) { return compare(CompareOp::kNe, "ne", a, b); }
Tensor lt(const Tensor& a, double b) { return compare(CompareOp::kLt, "lt", a, b); }
Tensor le(const Tensor& a, double b) { return compare(CompareOp::kLe, "le", a, b); }
Tensor gt(const Tensor& a, double b) { return compare(CompareOp::kGt, "gt", a, b); }
Tensor ge(const Tensor& a, double b) { return compare(CompareOp::kGe, "ge", a, b); }

Tensor logical_and(const Tensor& a, const Tensor& b) {
  return logical(CompareOp::kAnd, "logical_and", a, b);
}
Tensor logical_or(const Tensor& a, const Tensor& b) {
  return logical(CompareOp::kOr, "logical_or", a, b);
}
Tensor logical_xor(const Tensor& a, const Tensor& b) {
  return logical(CompareOp::kXor, "logical_xor", a, b);
}

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  internal::check_dtype("where", "condition", condition, DType::kBool);
  check_pair("where", a, b);
  check_same_device("where", condition, a);
  const DType dtype = result_type(a, b);
  const Shape shape =
      broadcast_shapes(condition.shape(), broadcast_shapes(a.shape(), b.shape(), "where"), "where");
  const bool a_is_whole = a.shape() == shape, b_is_whole = b.shape() == shape;
  const Tensor& like = a_is_whole ? a : b_is_whole ? b : condition;
  Tensor out = empty_like(like.expand(shape), dtype);
  backend(a.device())
      .where(condition.expand(shape), a.to(dtype).expand(shape), b.to(dtype).expand(shape), out);
  return out;
}

}  // namespace tenon
