// The 256 numbers of "dynamic" quantization to 8 bits: few for each of the small decades, many for
// the large ones, so that numbers from 1e-6 to 1 keep one to two digits. (Dettmers 2016, "8-bit
// approximations for parallelism in deep learning", §2.1; without signs: Dettmers et al. 2022,
// "8-bit optimizers via block-wise quantization", §2.2)
#ifndef TENON_TENSOR_INTERNAL_DYNAMIC_MAP_H_
#define TENON_TENSOR_INTERNAL_DYNAMIC_MAP_H_

#include <array>
#include <bit>
#include <cstdint>

namespace tenon::internal {

class DynamicMap {
 public:
  /// Numbers from -1 to 1.
  static const DynamicMap& with_signs();
  /// Numbers from 0 to 1, twice as many for each decade.
  static const DynamicMap& without_signs();

  /// By code, rising. The last is 1.
  const std::array<float, 256>& numbers() const { return numbers_; }

  /// The code of the nearest number, of the lower one where two are equally near. `value` is from
  /// -1 to 1 (or from 0, without signs), plus a rounding; any code for NaN.
  ///
  /// A value's leading bits say its cell, which is so narrow that it holds the midpoint of at most
  /// one pair of neighbours. One comparison decides; loops over values become vectors.
  std::int32_t code(float value) const {
    const std::int32_t lowest = lowest_[static_cast<std::size_t>(cell(value))];
    return lowest + (value > midpoints_[static_cast<std::size_t>(lowest)] ? 1 : 0);
  }

 private:
  /// Leading bits that count: exponents from 2^-23 (below the least midpoint) to 2^0, and 7 bits of
  /// each fraction (the numbers next to 1 are 2^-7.2 apart).
  static constexpr std::int32_t kShift = 16, kOne = 127 << 7, kBelow = ((127 - 23) << 7) - 1;
  static constexpr std::int32_t kCells = kOne - kBelow + 1;

  explicit DynamicMap(bool has_signs);
  void fill_cells();

  static std::int32_t cell(float value) {
    const auto bits = std::bit_cast<std::int32_t>(value);
    std::int32_t leading = (bits & INT32_MAX) >> kShift;
    leading = leading < kBelow ? kBelow : leading;
    leading = leading > kOne ? kOne : leading;
    return leading - kBelow + (bits < 0 ? kCells : 0);
  }

  std::array<float, 256> numbers_;
  std::array<float, 256> midpoints_;               // above each number
  std::array<std::int32_t, 2 * kCells> lowest_{};  // code of a cell's least value
};

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_DYNAMIC_MAP_H_
