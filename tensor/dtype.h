// Element types, and the two 16-bit floating-point types that C++20 lacks.
#ifndef TENON_TENSOR_DTYPE_H_
#define TENON_TENSOR_DTYPE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace tenon {

enum class DType : std::uint8_t { kF32, kF64, kBF16, kF16, kI64, kI32, kU8, kBool };
inline constexpr int kNumDTypes = 8;

/// bfloat16: the upper half of a float (8 exponent bits, 7 stored bits of significand).
struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  /// Rounds to nearest, ties to even; NaN stays NaN.
  explicit BFloat16(float value) {
    const auto u = std::bit_cast<std::uint32_t>(value);
    const bool is_nan = (u & 0x7fffffffu) > 0x7f800000u;
    bits = is_nan ? static_cast<std::uint16_t>((u >> 16) | 0x0040u)
                  : static_cast<std::uint16_t>((u + 0x7fffu + ((u >> 16) & 1u)) >> 16);
  }
  explicit operator float() const {
    return std::bit_cast<float>(static_cast<std::uint32_t>(bits) << 16);
  }
  bool operator==(const BFloat16&) const = default;
};

/// IEEE 754 binary16 (5 exponent bits, 10 stored bits of significand).
struct Float16 {
  std::uint16_t bits = 0;

  Float16() = default;
  /// Rounds to nearest, ties to even; values beyond 65504 become infinity.
  explicit Float16(float value);
  explicit operator float() const;
  bool operator==(const Float16&) const = default;
};

/// Bytes per element.
constexpr std::size_t size_of(DType dtype) {
  constexpr std::size_t kSizes[kNumDTypes] = {4, 8, 2, 2, 8, 4, 1, 1};
  return kSizes[static_cast<int>(dtype)];
}

/// "f32", "f64", "bf16", "f16", "i64", "i32", "u8", "bool".
std::string_view name(DType dtype);

constexpr bool is_floating(DType dtype) { return dtype <= DType::kF16; }

/// The dtype that tensors of these meet in, as PyTorch and NumPy's array API define it: floating
/// beats integral beats bool; wider beats narrower; bf16 with f16 gives f32. Where one of them has
/// no dimensions, result_type (tensor/ops/arithmetic.h) says.
DType promote(DType a, DType b);

namespace internal {
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kF32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kF64;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::kBF16;
};
template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::kF16;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::kI64;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::kI32;
};
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::kU8;
};
template <>
struct DTypeOf<bool> {
  static constexpr DType value = DType::kBool;
};
}  // namespace internal

/// The DType of a C++ element type; other types do not compile.
template <class T>
inline constexpr DType dtype_of = internal::DTypeOf<T>::value;

}  // namespace tenon

#endif  // TENON_TENSOR_DTYPE_H_
