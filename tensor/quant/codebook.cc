#include "tensor/quant/codebook.h"

#include <algorithm>
#include <numeric>

namespace tenon::quant {
namespace {

// QLoRA, appendix E.
constexpr Codebook16 kNf4 = {-1.0f,
                             -0.6961928009986877f,
                             -0.5250730514526367f,
                             -0.39491748809814453f,
                             -0.28444138169288635f,
                             -0.18477343022823334f,
                             -0.09105003625154495f,
                             0.0f,
                             0.07958029955625534f,
                             0.16093020141124725f,
                             0.24611230194568634f,
                             0.33791524171829224f,
                             0.44070982933044434f,
                             0.5626170039176941f,
                             0.7229568362236023f,
                             1.0f};

// A sign and 3 bits: 0, 1/16, 8, 12, 4, 6, 2, 3, of 12.
constexpr Codebook16 kFp4 = {0.0f,       0.0625f / 12, 8.0f / 12,  1.0f,          4.0f / 12,  0.5f,
                             2.0f / 12,  0.25f,        0.0f,       -0.0625f / 12, -8.0f / 12, -1.0f,
                             -4.0f / 12, -0.5f,        -2.0f / 12, -0.25f};

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

}  // namespace tenon::quant
