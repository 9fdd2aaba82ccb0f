// Elements of any dtype in the type that a kernel computes in, one at a time or a vector of them;
// the same code on the host and on the device.
//
//   float v[4];
//   load<float, 4>(address, DType::kBF16, v);   // one 8-byte access
//
// The dtype is looked at while the kernel runs: every thread of a kernel takes the same way, once
// for a vector of elements, and one kernel does for all dtypes that compute alike.
#ifndef TENON_TENSOR_CUDA_ELEMENT_H_
#define TENON_TENSOR_CUDA_ELEMENT_H_

#include <cstdint>
#include <type_traits>

#include "tensor/dtype.h"
#include "tensor/internal/compute_type.h"
#include "tensor/internal/scalar_math.h"

namespace tenon::cuda {

using internal::dispatch_compute;
using internal::dispatch_floating;

TENON_SCALAR float widen(BFloat16 x) {
  return math::float_of(static_cast<std::int32_t>(static_cast<std::uint32_t>(x.bits) << 16));
}
TENON_SCALAR BFloat16 narrow_bf16(float value) {
  const auto u = static_cast<std::uint32_t>(math::bits_of(value));
  BFloat16 result;
  const bool is_nan = (u & 0x7fffffffu) > 0x7f800000u;
  result.bits = is_nan ? static_cast<std::uint16_t>((u >> 16) | 0x0040u)
                       : static_cast<std::uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  return result;
}

TENON_SCALAR float widen(Float16 x) {
#if defined(__CUDA_ARCH__)
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(x.bits));
  return value;
#else
  return static_cast<float>(x);
#endif
}
TENON_SCALAR Float16 narrow_f16(float value) {
#if defined(__CUDA_ARCH__)
  Float16 result;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(result.bits) : "f"(value));
  return result;
#else
  return Float16(value);
#endif
}

/// Truncates. What no i64 holds (NaN too) becomes its smallest value, as on the CPU.
template <class C>
TENON_SCALAR std::int64_t to_integer(C value) {
  return value >= C{-0x1p63} && value < C{0x1p63} ? static_cast<std::int64_t>(value) : INT64_MIN;
}

/// From one element type to another, as the CPU's: floating to integral truncates to i64 and wraps
/// to narrower types, anything to bool is != 0.
template <class To, class From>
TENON_SCALAR To convert(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (std::is_same_v<From, BFloat16> || std::is_same_v<From, Float16>) {
    return convert<To>(widen(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    return narrow_bf16(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, Float16>) {
    return narrow_f16(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return static_cast<To>(to_integer(value));
  } else {
    return static_cast<To>(value);
  }
}

template <class C>
TENON_SCALAR bool is_nan(C value) {
  if constexpr (std::is_floating_point_v<C>) {
    return value != value;
  } else {
    return false;
  }
}

/// Calls fn(T{}) with the element type of `dtype`.
template <class F>
TENON_SCALAR void with_element(DType dtype, const F& fn) {
  switch (dtype) {
    case DType::kF32:
      return fn(float{});
    case DType::kF64:
      return fn(double{});
    case DType::kBF16:
      return fn(BFloat16{});
    case DType::kF16:
      return fn(Float16{});
    case DType::kI64:
      return fn(std::int64_t{});
    case DType::kI32:
      return fn(std::int32_t{});
    case DType::kU8:
      return fn(std::uint8_t{});
    default:
      return fn(bool{});
  }
}

/// The same for dtypes that compute in C alone: fewer ways, less code.
template <class C, class F>
TENON_SCALAR void with_element_of(DType dtype, const F& fn) {
  if constexpr (std::is_same_v<C, double>) {
    fn(double{});
  } else if constexpr (std::is_same_v<C, float>) {
    if (dtype == DType::kF32) return fn(float{});
    if (dtype == DType::kBF16) return fn(BFloat16{});
    fn(Float16{});
  } else {
    if (dtype == DType::kI64) return fn(std::int64_t{});
    if (dtype == DType::kI32) return fn(std::int32_t{});
    if (dtype == DType::kU8) return fn(std::uint8_t{});
    fn(bool{});
  }
}

/// Which dtypes a tensor may have: those that compute in the kernel's type, or any.
enum class Dtypes { kOfCompute, kAny };

template <class C, Dtypes kDtypes, class F>
TENON_SCALAR void with_element(DType dtype, const F& fn) {
  if constexpr (kDtypes == Dtypes::kAny) {
    with_element(dtype, fn);
  } else {
    with_element_of<C>(dtype, fn);
  }
}

/// Neighbouring elements that one access reads, of 16 bytes or of all of them.
template <class T, int kLanes>
struct alignas(sizeof(T) * kLanes < 16 ? sizeof(T) * kLanes : 16) Pack {
  T lane[kLanes];
};

/// Bytes that the address of kLanes neighbours of `dtype` must be a multiple of.
inline std::uintptr_t pack_alignment(DType dtype, int lanes) {
  const std::size_t bytes = size_of(dtype) * static_cast<std::size_t>(lanes);
  return bytes < 16 ? bytes : 16;
}

/// An operand: the address of its first element and what it is.
struct Elements {
  void* data = nullptr;
  DType dtype = DType::kF32;

  template <class T>
  TENON_HOST_DEVICE T* at(std::int64_t offset) const {
    return static_cast<T*>(data) + offset;
  }
};

template <class C, Dtypes kDtypes = Dtypes::kOfCompute>
TENON_SCALAR C load(const Elements& from, std::int64_t offset) {
  C value{};
  with_element<C, kDtypes>(from.dtype, [&](auto type) {
    using T = decltype(type);
    value = convert<C>(*from.at<const T>(offset));
  });
  return value;
}

template <class C, Dtypes kDtypes = Dtypes::kOfCompute>
TENON_SCALAR void store(const Elements& to, std::int64_t offset, C value) {
  with_element<C, kDtypes>(to.dtype, [&](auto type) {
    using T = decltype(type);
    *to.at<T>(offset) = convert<T>(value);
  });
}

/// kLanes neighbours, whose address is aligned.
template <class C, int kLanes, Dtypes kDtypes = Dtypes::kOfCompute>
TENON_SCALAR void load(const Elements& from, std::int64_t offset, C (&values)[kLanes]) {
  with_element<C, kDtypes>(from.dtype, [&](auto type) {
    using T = decltype(type);
    const auto pack = *reinterpret_cast<const Pack<T, kLanes>*>(from.at<const T>(offset));
    for (int i = 0; i < kLanes; ++i) values[i] = convert<C>(pack.lane[i]);
  });
}

template <class C, int kLanes, Dtypes kDtypes = Dtypes::kOfCompute>
TENON_SCALAR void store(const Elements& to, std::int64_t offset, const C (&values)[kLanes]) {
  with_element<C, kDtypes>(to.dtype, [&](auto type) {
    using T = decltype(type);
    Pack<T, kLanes> pack;
    for (int i = 0; i < kLanes; ++i) pack.lane[i] = convert<T>(values[i]);
    *reinterpret_cast<Pack<T, kLanes>*>(to.at<T>(offset)) = pack;
  });
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ELEMENT_H_
