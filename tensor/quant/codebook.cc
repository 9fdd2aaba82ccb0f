#include "tensor/quant/codebook.h"

#include <algorithm>
#include <numeric>

#include "tensor/internal/dynamic_map.h"

namespace tenon::quant {
namespace {

Rounding16 make_rounding(const Codebook16& code) {
  Rounding16 rounding{};
  std::iota(rounding.order.begin(), rounding.order.end(), std::uint8_t{0});
  std::stable_sort(rounding.order.begin(), rounding.order.end(),
                   [&](std::uint8_t a, std::uint8_t b) { return code[a] < code[b]; });
  for (std::size_t i = 0; i < rounding.midpoints.size(); ++i) {
    rounding.midpoints[i] = (code[rounding.order[i]] + code[rounding.order[i + 1]]) / 2;
  }
  return rounding;
}

}  // namespace

const Codebook16& codebook16(Format format) { return format == Format::kFp4 ? kFp4 : kNf4; }

const Rounding16& rounding16(Format format) {
  static const Rounding16 nf4 = make_rounding(kNf4);
  static const Rounding16 fp4 = make_rounding(kFp4);
  return format == Format::kFp4 ? fp4 : nf4;
}

std::uint8_t code_of_zero(const Rounding16& rounding) {
  const auto below = std::count_if(rounding.midpoints.begin(), rounding.midpoints.end(),
                                   [](float midpoint) { return midpoint < 0; });
  return rounding.order[static_cast<std::size_t>(below)];
}

const std::array<float, 256>& nested_numbers() {
  return internal::DynamicMap::with_signs().numbers();
}

const std::array<float, 255>& nested_midpoints() {
  static const auto midpoints = [] {
    std::array<float, 255> between{};
    const auto& numbers = nested_numbers();
    for (std::size_t i = 0; i < 255; ++i) between[i] = (numbers[i] + numbers[i + 1]) / 2;
    return between;
  }();
  return midpoints;
}

}  // namespace tenon::quant
