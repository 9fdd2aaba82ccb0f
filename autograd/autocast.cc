#include "autograd/autocast.h"

#include <string>

#include "autograd/ops.h"
#include "tensor/error.h"

namespace tenon::autograd {

constinit thread_local bool autocasting_enabled = false;

namespace {

constinit thread_local DType low_dtype = DType::kBF16;

void set_autocast_dtype(std::optional<DType> dtype) {
  autocasting_enabled = dtype.has_value();
  if (dtype) low_dtype = *dtype;
}

}  // namespace

std::optional<DType> autocast_dtype() {
  return autocasting_enabled ? std::optional(low_dtype) : std::nullopt;
}

Autocast::Autocast(DType dtype) : before_(autocast_dtype()) {
  if (dtype != DType::kBF16 && dtype != DType::kF16) {
    throw DTypeError("[Autocast] expected bf16 or f16, got " + std::string(name(dtype)));
  }
  set_autocast_dtype(dtype);
}

Autocast::~Autocast() { set_autocast_dtype(before_); }

NoAutocast::NoAutocast() : before_(autocast_dtype()) { set_autocast_dtype(std::nullopt); }

NoAutocast::~NoAutocast() { set_autocast_dtype(before_); }

Variable autocast_argument(Precision precision, const Variable& x) {
  if (!x.defined()) return x;
  const DType dtype = x.dtype();
  if (precision == Precision::kLow) return dtype == DType::kF32 ? to(x, low_dtype) : x;
  return dtype == DType::kBF16 || dtype == DType::kF16 ? to(x, DType::kF32) : x;
}

}  // namespace tenon::autograd
