// The type in which kernels of every backend compute: one of three for eight dtypes.
#ifndef TENON_TENSOR_INTERNAL_COMPUTE_TYPE_H_
#define TENON_TENSOR_INTERNAL_COMPUTE_TYPE_H_

#include <cstdint>

#include "tensor/dtype.h"

namespace tenon::internal {

/// Calls fn.template operator()<C>() with float (f32, bf16, f16), double (f64) or std::int64_t
/// (i64, i32, u8, bool).
template <class F>
decltype(auto) dispatch_compute(DType dtype, F&& fn) {
  switch (dtype) {
    case DType::kF32:
    case DType::kBF16:
    case DType::kF16:
      return fn.template operator()<float>();
    case DType::kF64:
      return fn.template operator()<double>();
    default:
      return fn.template operator()<std::int64_t>();
  }
}

/// The same for dtypes that are known to be floating.
template <class F>
decltype(auto) dispatch_floating(DType dtype, F&& fn) {
  return dtype == DType::kF64 ? fn.template operator()<double>() : fn.template operator()<float>();
}

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_COMPUTE_TYPE_H_
