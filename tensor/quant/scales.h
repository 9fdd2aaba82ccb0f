// The scale of a block, whichever way it is stored.
#ifndef TENON_TENSOR_QUANT_SCALES_H_
#define TENON_TENSOR_QUANT_SCALES_H_

#include <array>

#include "tensor/quant/codebook.h"
#include "tensor/quant/quant.h"

namespace tenon::quant {

class Scales {
 public:
  explicit Scales(const QuantizedTensor& q) : offset_(q.nested_offset) {
    if (q.nested()) {
      codes_ = q.scales.data<std::uint8_t>();
      numbers_ = q.nested_scales.data<float>();
    } else {
      numbers_ = q.scales.data<float>();
    }
  }

  float operator[](std::int64_t block) const {
    if (!codes_) return numbers_[block];
    const auto code = static_cast<std::size_t>(codes_[block]);
    return book_[code] * numbers_[block / kNestedBlock] + offset_;
  }

 private:
  const std::array<float, 256>& book_ = nested_numbers();
  const std::uint8_t* codes_ = nullptr;  // null where the scales are numbers themselves
  const float* numbers_ = nullptr;
  float offset_;
};

}  // namespace tenon::quant

#endif  // TENON_TENSOR_QUANT_SCALES_H_
