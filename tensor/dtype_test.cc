#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

namespace tenon {
namespace {

/// A 16-bit floating-point format, read by the definition of IEEE 754 (§3.4) instead of by shifts.
struct Format {
  int exponent_bits;
  int fraction_bits;

  int bias() const { return (1 << (exponent_bits - 1)) - 1; }
  double value(std::uint16_t bits) const {
    const int exponent = bits >> fraction_bits & ((1 << exponent_bits) - 1);
    const int fraction = bits & ((1 << fraction_bits) - 1);
    const double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == (1 << exponent_bits) - 1) return fraction ? NAN : sign * INFINITY;
    const int hidden = exponent == 0 ? 0 : 1 << fraction_bits;
    return sign * std::ldexp(hidden + fraction, std::max(exponent, 1) - bias() - fraction_bits);
  }
  std::uint16_t infinity() const {
    return static_cast<std::uint16_t>(((1 << exponent_bits) - 1) << fraction_bits);
  }
};

constexpr Format kBFloat16{8, 7};
constexpr Format kFloat16{5, 10};

template <class T>
T from_bits(int bits) {
  T value;
  value.bits = static_cast<std::uint16_t>(bits);
  return value;
}

template <class T>
void expect_every_pattern_round_trips(const Format& format) {
  for (int bits = 0; bits < 0x10000; ++bits) {
    const double expected = format.value(static_cast<std::uint16_t>(bits));
    const float value = static_cast<float>(from_bits<T>(bits));
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      const int back = T(value).bits;
      ASSERT_TRUE(std::isnan(format.value(static_cast<std::uint16_t>(back)))) << bits;
      ASSERT_EQ(back & 0x8000, bits & 0x8000) << bits;  // the sign of a NaN is kept
    } else {
      ASSERT_EQ(value, expected) << bits;
      ASSERT_EQ(std::signbit(value), std::signbit(expected)) << bits;
      ASSERT_EQ(T(value).bits, bits);
    }
  }
}

/// Between each two neighbours: the midpoint goes to the even one, its neighbours in f32 to the
/// nearer. The value above the largest finite one counts as infinity (IEEE 754, §4.3.1).
template <class T>
void expect_rounding_to_nearest_even(const Format& format) {
  for (int low = 0; low < format.infinity(); ++low) {
    const int high = low + 1;
    const double a = format.value(static_cast<std::uint16_t>(low));
    const double b = high == format.infinity()
                         ? 2 * a - format.value(static_cast<std::uint16_t>(low - 1))
                         : format.value(static_cast<std::uint16_t>(high));
    const auto middle = static_cast<float>((a + b) / 2);
    ASSERT_EQ(middle, (a + b) / 2) << low;  // exact in f32
    const int even = low % 2 == 0 ? low : high;
    ASSERT_EQ(T(middle).bits, even) << low;
    ASSERT_EQ(T(-middle).bits, even | 0x8000) << low;
    ASSERT_EQ(T(std::nextafter(middle, 0.0f)).bits, low);
    ASSERT_EQ(T(std::nextafter(middle, INFINITY)).bits, high);
    ASSERT_EQ(T(-std::nextafter(middle, 0.0f)).bits, low | 0x8000);
  }
}

TEST(BFloat16, EveryPatternRoundTrips) { expect_every_pattern_round_trips<BFloat16>(kBFloat16); }
TEST(Float16, EveryPatternRoundTrips) { expect_every_pattern_round_trips<Float16>(kFloat16); }
TEST(BFloat16, RoundsToNearestEven) { expect_rounding_to_nearest_even<BFloat16>(kBFloat16); }
TEST(Float16, RoundsToNearestEven) { expect_rounding_to_nearest_even<Float16>(kFloat16); }

TEST(Float16, OverflowsToInfinityAndUnderflowsToZero) {
  EXPECT_EQ(Float16(1e30f).bits, 0x7c00);
  EXPECT_EQ(Float16(-INFINITY).bits, 0xfc00);
  EXPECT_EQ(Float16(1e-30f).bits, 0);
  EXPECT_EQ(Float16(-1e-45f).bits, 0x8000);
}

// Every payload of a NaN in f32 has to stay a NaN: none may round up into infinity or zero.
TEST(SixteenBits, NansStayNans) {
  for (std::uint32_t fraction = 1; fraction < 0x800000; fraction = fraction * 2 + 1) {
    for (const std::uint32_t payload : {fraction, 0x800000 - fraction, 0x400000 | fraction}) {
      const auto nan = std::bit_cast<float>(0x7f800000u | payload);
      EXPECT_TRUE(std::isnan(static_cast<float>(BFloat16(nan)))) << payload;
      EXPECT_TRUE(std::isnan(static_cast<float>(Float16(-nan)))) << payload;
    }
  }
}

constexpr DType kAll[kNumDTypes] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16,
                                    DType::kI64, DType::kI32, DType::kU8,   DType::kBool};

TEST(DType, NamesAndSizes) {
  const std::string names[] = {"f32", "f64", "bf16", "f16", "i64", "i32", "u8", "bool"};
  const std::size_t sizes[] = {4, 8, 2, 2, 8, 4, 1, 1};
  for (int i = 0; i < kNumDTypes; ++i) {
    EXPECT_EQ(name(kAll[i]), names[i]);
    EXPECT_EQ(size_of(kAll[i]), sizes[i]);
    EXPECT_EQ(is_floating(kAll[i]), i < 4);
  }
  EXPECT_EQ(dtype_of<float>, DType::kF32);
  EXPECT_EQ(dtype_of<Float16>, DType::kF16);
  EXPECT_EQ(dtype_of<std::int64_t>, DType::kI64);
  EXPECT_EQ(dtype_of<bool>, DType::kBool);
}

// torch.promote_types, from the table in PyTorch's documentation of tensor attributes.
TEST(Promote, FollowsPyTorchsTable) {
  const std::string table[kNumDTypes][kNumDTypes] = {
      // f32    f64    bf16    f16    i64     i32     u8      bool
      {"f32", "f64", "f32", "f32", "f32", "f32", "f32", "f32"},       // f32
      {"f64", "f64", "f64", "f64", "f64", "f64", "f64", "f64"},       // f64
      {"f32", "f64", "bf16", "f32", "bf16", "bf16", "bf16", "bf16"},  // bf16
      {"f32", "f64", "f32", "f16", "f16", "f16", "f16", "f16"},       // f16
      {"f32", "f64", "bf16", "f16", "i64", "i64", "i64", "i64"},      // i64
      {"f32", "f64", "bf16", "f16", "i64", "i32", "i32", "i32"},      // i32
      {"f32", "f64", "bf16", "f16", "i64", "i32", "u8", "u8"},        // u8
      {"f32", "f64", "bf16", "f16", "i64", "i32", "u8", "bool"},      // bool
  };
  for (int a = 0; a < kNumDTypes; ++a) {
    for (int b = 0; b < kNumDTypes; ++b) {
      EXPECT_EQ(name(promote(kAll[a], kAll[b])), table[a][b]) << name(kAll[a]) << name(kAll[b]);
    }
  }
}

}  // namespace
}  // namespace tenon
