#include "tensor/internal/largest_below.h"

#include <cmath>

namespace tenon::internal {
namespace {

double rounded(double value, DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return static_cast<float>(value);
    case DType::kBF16:
      return static_cast<float>(BFloat16(static_cast<float>(value)));
    case DType::kF16:
      return static_cast<float>(Float16(static_cast<float>(value)));
    default:
      return value;
  }
}

template <class Half>
double next_below(Half value) {
  const bool is_zero = (value.bits & 0x7fff) == 0, is_negative = value.bits & 0x8000;
  value.bits = static_cast<std::uint16_t>(is_zero ? 0x8001 : value.bits + (is_negative ? 1 : -1));
  return static_cast<float>(value);
}

/// The neighbour of a value of `dtype`.
double next_below(double value, DType dtype) {
  switch (dtype) {
    case DType::kF32:
      return std::nextafter(static_cast<float>(value), -INFINITY);
    case DType::kBF16:
      return next_below(BFloat16(static_cast<float>(value)));
    case DType::kF16:
      return next_below(Float16(static_cast<float>(value)));
    default:
      return std::nextafter(value, -INFINITY);
  }
}

}  // namespace

double largest_below(double bound, DType dtype) {
  if (!is_floating(dtype)) return bound;
  double value = rounded(bound, dtype);
  while (value >= bound) value = next_below(value, dtype);
  return value;
}

}  // namespace tenon::internal
