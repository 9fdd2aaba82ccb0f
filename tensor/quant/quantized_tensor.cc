#include "tensor/quant/quantized_tensor.h"

namespace tenon::quant {

std::string_view name(Format format) {
  constexpr std::string_view kNames[] = {"nf4", "fp4", "int8"};
  return kNames[static_cast<int>(format)];
}

std::size_t QuantizedTensor::bytes() const {
  return codes.bytes() + scales.bytes() + (nested() ? nested_scales.bytes() + sizeof(float) : 0);
}

}  // namespace tenon::quant
