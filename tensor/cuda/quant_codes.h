// A 4-bit tensor as kernels read it: what is computed of a code and a scale is the CPU's, bit for
// bit, where nothing is contracted (BUILD).
#ifndef TENON_TENSOR_CUDA_QUANT_CODES_H_
#define TENON_TENSOR_CUDA_QUANT_CODES_H_

#include <array>
#include <bit>
#include <cstdint>

#include "tensor/internal/host_device.h"
#include "tensor/quant/codebook.h"
#include "tensor/quant/quantized_tensor.h"

namespace tenon::cuda {

#if defined(__CUDACC__)
// In global memory all 16 are one cache line, of which a warp reads any 32 numbers in one access.
// Constant memory would serve one address after another.
__device__ constexpr quant::Codebook16 kDeviceNf4 = quant::kNf4;
__device__ constexpr quant::Codebook16 kDeviceFp4 = quant::kFp4;
#endif

/// The 16 numbers of a 4-bit format.
TENON_HOST_DEVICE inline const float* numbers_of(quant::Format format) {
#if defined(__CUDA_ARCH__)
  return format == quant::Format::kFp4 ? kDeviceFp4.data() : kDeviceNf4.data();
#else
  return quant::codebook16(format).data();
#endif
}

/// A 4-bit tensor as kernels read it.
struct Codes {
  const std::uint8_t* bytes;
  const std::uint8_t* scale_codes;  // null where the scales are numbers themselves
  const float* scales;
  float offset;
  int block_bits;  // a block is 1 << block_bits elements
  quant::Format format;
  std::array<float, 256> book;  // of the scales' codes

  TENON_HOST_DEVICE float scale(std::int64_t element) const {
    const std::int64_t at = element >> block_bits;
    if (!scale_codes) return scales[at];
    return book.data()[scale_codes[at]] * scales[at / quant::kNestedBlock] + offset;
  }
};

template <class T>
T* address(const Tensor& x) {
  return static_cast<T*>(x.raw_data());
}

inline Codes codes_of(const quant::QuantizedTensor& q) {
  Codes codes{.bytes = address<std::uint8_t>(q.codes),
              .scale_codes = q.nested() ? address<std::uint8_t>(q.scales) : nullptr,
              .scales = q.nested() ? address<float>(q.nested_scales) : address<float>(q.scales),
              .offset = q.nested_offset,
              .block_bits = std::countr_zero(static_cast<std::uint64_t>(q.block)),
              .format = q.format,
              .book = {}};
  if (q.nested()) codes.book = quant::nested_numbers();
  return codes;
}

inline bool is_aligned(const Tensor& x, std::uintptr_t bytes) {
  return reinterpret_cast<std::uintptr_t>(x.raw_data()) % bytes == 0;
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_QUANT_CODES_H_
