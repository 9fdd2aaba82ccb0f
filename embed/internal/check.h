// What the functions of this package require of points.
#ifndef TENON_EMBED_INTERNAL_CHECK_H_
#define TENON_EMBED_INTERNAL_CHECK_H_

#include <string>

#include "tensor/ops.h"
#include "tensor/tensor.h"

namespace tenon::embed::internal {

/// x [N,D] of f32 or f64. Throws DTypeError, ShapeError.
inline void require_points(const std::string& op, const Tensor& x) {
  if (!x.defined() || x.ndim() != 2) {
    throw ShapeError("[" + op + "] expected points [N,D], got " +
                     (x.defined() ? to_string(x.shape()) : "an undefined tensor"));
  }
  if (x.dtype() != DType::kF32 && x.dtype() != DType::kF64) {
    throw DTypeError("[" + op + "] expected points of f32 or f64, got " +
                     std::string(name(x.dtype())));
  }
}

/// Throws ValueError for a NaN or an infinity.
inline void require_finite(const std::string& op, const Tensor& x) {
  if (!all_finite(x)) throw ValueError("[" + op + "] expected finite points, got NaN or infinity");
}

}  // namespace tenon::embed::internal

#endif  // TENON_EMBED_INTERNAL_CHECK_H_
