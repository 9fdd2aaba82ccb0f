#include "tensor/internal/check.h"

namespace tenon::internal {
namespace {

std::string head(const char* op, const char* argument) {
  return "[" + std::string(op) + "] expected " + argument + " ";
}

}  // namespace

std::string describe(const Tensor& x) {
  return std::string(name(x.dtype())) + " " + to_string(x.shape());
}

void check_defined(const char* op, const char* argument, const Tensor& x) {
  if (!x.defined()) throw ValueError(head(op, argument) + "to be a tensor, got an undefined one");
}

void check_floating(const char* op, const char* argument, const Tensor& x) {
  check_defined(op, argument, x);
  if (!is_floating(x.dtype())) {
    throw DTypeError(head(op, argument) + "with a floating dtype, got " + describe(x));
  }
}

void check_numeric(const char* op, const char* argument, const Tensor& x) {
  check_defined(op, argument, x);
  if (x.dtype() == DType::kBool) {
    throw DTypeError(head(op, argument) + "of a numeric dtype, got " + describe(x));
  }
}

void check_dtype(const char* op, const char* argument, const Tensor& x, DType wanted) {
  check_defined(op, argument, x);
  if (x.dtype() != wanted) {
    throw DTypeError(head(op, argument) + "of dtype " + std::string(name(wanted)) + ", got " +
                     describe(x));
  }
}

void check_ndim(const char* op, const char* argument, const Tensor& x, int wanted) {
  check_defined(op, argument, x);
  if (x.ndim() != wanted) {
    throw ShapeError(head(op, argument) + "with " + std::to_string(wanted) + " dimensions, got " +
                     describe(x));
  }
}

void check_shape(const char* op, const char* argument, const Tensor& x, const Shape& wanted) {
  check_defined(op, argument, x);
  if (x.shape() != wanted) {
    throw ShapeError(head(op, argument) + "of shape " + to_string(wanted) + ", got " + describe(x));
  }
}

void check_match(const char* op, const char* name_a, const Tensor& a, const char* name_b,
                 const Tensor& b) {
  check_defined(op, name_a, a);
  check_defined(op, name_b, b);
  check_same_device(op, a, b);
  if (a.dtype() != b.dtype()) {
    throw DTypeError(head(op, name_b) + "of dtype " + std::string(name(a.dtype())) + " (" + name_a +
                     " " + describe(a) + "), got " + name_b + " " + describe(b));
  }
}

void check_same_device(const char* op, const Tensor& a, const Tensor& b) {
  if (a.device() != b.device()) {
    throw DeviceError("[" + std::string(op) + "] expected tensors on one device, got " +
                      to_string(a.device()) + " and " + to_string(b.device()));
  }
}

}  // namespace tenon::internal
