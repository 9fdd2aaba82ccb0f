#include "tensor/internal/dynamic_map.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tenon::internal {
namespace {

/// Point i of `count` from 0.1 to 1, as torch.linspace has it: from both ends to the middle.
float linspace_point(int i, int count) {
  const float step = (1.0f - 0.1f) / static_cast<float>(count - 1);
  return i < count / 2 ? std::fma(step, static_cast<float>(i), 0.1f)
                       : std::fma(-step, static_cast<float>(count - 1 - i), 1.0f);
}

/// Seven decades from 1e-6; in decade e the middles of 2^e equal parts from 0.1 to 1 with either
/// sign, or of twice as many with none; and 0 and 1.
std::array<float, 256> make_numbers(bool has_signs) {
  std::array<float, 256> numbers{};
  std::size_t n = 0;
  for (int e = 0; e < 7; ++e) {
    const int parts = has_signs ? 1 << e : 2 << e;
    // 10**k times a f32 number is rounded to f32.
    const auto decade = static_cast<float>(std::pow(10.0, e - 6));
    for (int i = 0; i < parts; ++i) {
      const float middle = (linspace_point(i, parts + 1) + linspace_point(i + 1, parts + 1)) / 2.0f;
      numbers[n++] = decade * middle;
      if (has_signs) numbers[n++] = -decade * middle;
    }
  }
  numbers[n++] = 0;
  numbers[n++] = 1;
  std::sort(numbers.begin(), numbers.end());
  return numbers;
}

std::array<float, 256> midpoints_of(const std::array<float, 256>& numbers) {
  std::array<float, 256> midpoints{};
  for (std::size_t i = 0; i < 255; ++i) midpoints[i] = (numbers[i] + numbers[i + 1]) / 2;
  midpoints[255] = std::numeric_limits<float>::infinity();
  return midpoints;
}

}  // namespace

DynamicMap::DynamicMap(bool has_signs)
    : numbers_(make_numbers(has_signs)), midpoints_(midpoints_of(numbers_)) {
  fill_cells();
}

void DynamicMap::fill_cells() {
  const auto code_of = [&](float value) {
    const auto above = std::lower_bound(midpoints_.begin(), midpoints_.end(), value);
    return static_cast<std::int32_t>(above - midpoints_.begin());
  };
  for (std::int32_t i = 0; i < kCells; ++i) {
    const std::int32_t first = (kBelow + i) << kShift;
    // The lowest cell begins at 0; that of 1 holds nothing above.
    const float least = i == 0 ? 0.0f : std::bit_cast<float>(first);
    const float most = i + 1 == kCells ? 1.0f : std::bit_cast<float>(first + (1 << kShift));
    lowest_[static_cast<std::size_t>(i)] = code_of(least);
    lowest_[static_cast<std::size_t>(kCells + i)] = code_of(-most);
  }
}

const DynamicMap& DynamicMap::with_signs() {
  static const DynamicMap map(true);
  return map;
}

const DynamicMap& DynamicMap::without_signs() {
  static const DynamicMap map(false);
  return map;
}

}  // namespace tenon::internal
