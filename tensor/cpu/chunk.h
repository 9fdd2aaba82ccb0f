// Reading and writing runs of elements of any dtype as one of three compute types.
//
// Kernels are written once per compute type, over contiguous memory: float (f32, bf16, f16), double
// (f64) and int64 (i64, i32, u8, bool). A run that is already so is used in place; any other is
// gathered into a small buffer that stays in the first-level cache, and results are scattered back.
#ifndef TENON_TENSOR_CPU_CHUNK_H_
#define TENON_TENSOR_CPU_CHUNK_H_

#include <cstdint>
#include <type_traits>

#include "tensor/dtype.h"
#include "tensor/internal/compute_type.h"
#include "tensor/tensor.h"

namespace tenon::cpu {

/// Elements per buffer: three of them in f64 take 12 KiB of a 32 KiB first-level cache.
inline constexpr std::int64_t kChunk = 512;

/// Where buffers begin, as storages do. Eigen computes the elements before the first aligned
/// address one by one, which rounds some functions otherwise than its vectors do: a buffer anywhere
/// on the stack or the heap would give other last digits from run to run.
inline constexpr std::size_t kBufferAlignment = 64;

using internal::dispatch_compute;
using internal::dispatch_floating;

/// Calls fn.template operator()<T>() with the element type of `dtype`.
template <class F>
decltype(auto) dispatch_element(DType dtype, F&& fn) {
  switch (dtype) {
    case DType::kF32:
      return fn.template operator()<float>();
    case DType::kF64:
      return fn.template operator()<double>();
    case DType::kBF16:
      return fn.template operator()<BFloat16>();
    case DType::kF16:
      return fn.template operator()<Float16>();
    case DType::kI64:
      return fn.template operator()<std::int64_t>();
    case DType::kI32:
      return fn.template operator()<std::int32_t>();
    case DType::kU8:
      return fn.template operator()<std::uint8_t>();
    default:
      return fn.template operator()<bool>();
  }
}

/// Truncates. What no i64 holds (NaN too) becomes its smallest value, as x86 itself converts; in
/// C++ it would be undefined.
template <class C>
std::int64_t to_integer(C value) {
  return value >= C{-0x1p63} && value < C{0x1p63} ? static_cast<std::int64_t>(value) : INT64_MIN;
}

/// From one element type to another: floating to integral truncates to i64 and wraps to narrower
/// types, anything to bool is != 0.
template <class To, class From>
To convert(From value) {
  if constexpr (std::is_same_v<To, From>) {
    return value;
  } else if constexpr (std::is_same_v<From, BFloat16> || std::is_same_v<From, Float16>) {
    return convert<To>(static_cast<float>(value));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From{0};
  } else if constexpr (std::is_same_v<To, BFloat16> || std::is_same_v<To, Float16>) {
    return To(static_cast<float>(value));
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return static_cast<To>(to_integer(value));
  } else {
    return static_cast<To>(value);
  }
}

template <class C>
bool is_nan(C value) {
  if constexpr (std::is_floating_point_v<C>) {
    return value != value;
  } else {
    return false;
  }
}

/// Where an operand's elements are: an address and the step between neighbours of a run.
struct Run {
  std::byte* data;
  std::int64_t stride;  // elements
  DType dtype;
};

inline Run at(const Run& run, std::int64_t index) {
  return {run.data + index * run.stride * static_cast<std::int64_t>(size_of(run.dtype)), run.stride,
          run.dtype};
}

/// Copies `count` elements of a run into `buffer`.
template <class C>
void gather(const Run& run, std::int64_t count, C* buffer);
/// Copies `count` elements of `buffer` to a run.
template <class C>
void scatter(const C* buffer, std::int64_t count, const Run& run);

/// The run itself where it is contiguous and of type C, else its elements in `buffer`.
template <class C>
const C* contiguous_run(const Run& run, std::int64_t count, C* buffer) {
  if (run.dtype == dtype_of<C> && run.stride == 1) return reinterpret_cast<const C*>(run.data);
  gather(run, count, buffer);
  return buffer;
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_CHUNK_H_
