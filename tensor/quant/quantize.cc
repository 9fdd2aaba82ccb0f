#include <algorithm>
#include <cmath>
#include <vector>

#include "tensor/cpu/parallel.h"
#include "tensor/internal/dynamic_map.h"
#include "tensor/ops.h"
#include "tensor/quant/codebook.h"
#include "tensor/quant/device_kernels.h"
#include "tensor/quant/quant.h"
#include "tensor/quant/scales.h"

namespace tenon::quant {
namespace {

constexpr std::int64_t kMaxBlock = 4096;

template <class T>
float largest_magnitude(const T* x, std::int64_t count) {
  float largest = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    largest = std::max(largest, std::abs(static_cast<float>(x[i])));
  }
  return largest;
}

/// Scales one block and rounds it. Loops over the midpoints outside, values inside, so that the
/// compiler compares a register of values at a time.
template <class T>
void round_block(const T* x, std::int64_t count, float scale, bool whole,
                 const Rounding16& rounding, std::uint8_t* codes) {
  float values[kMaxBlock];
  std::int32_t above[kMaxBlock] = {};
  const float least = std::max(scale, kLeastScale);
  const float inverse = 1.0f / least;
  for (std::int64_t i = 0; i < count; ++i) {
    const auto value = static_cast<float>(x[i]);
    // bitsandbytes divides in a last, shorter block and multiplies elsewhere; the bits can differ.
    values[i] = std::clamp(whole ? value * inverse : value / least, -1.0f, 1.0f);
  }
  for (const float midpoint : rounding.midpoints) {
    for (std::int64_t i = 0; i < count; ++i) above[i] += values[i] > midpoint ? 1 : 0;
  }
  for (std::int64_t i = 0; i < count; ++i) {
    codes[i] = rounding.order[static_cast<std::size_t>(above[i])];
  }
}

/// Two codes a byte; an odd last one is followed by the code of 0, as of a value that is not there.
void pack(const std::uint8_t* codes, std::int64_t count, std::uint8_t filler, std::uint8_t* out) {
  for (std::int64_t i = 0; i < count; i += 2) {
    const std::uint8_t second = i + 1 < count ? codes[i + 1] : filler;
    out[i / 2] = static_cast<std::uint8_t>((codes[i] << 4) | second);
  }
}

template <class T>
void quantize_blocks(const Tensor& x, const QuantizedTensor& q) {
  const T* values = x.data<T>();
  float* scales = q.scales.data<float>();
  std::uint8_t* codes = q.codes.data<std::uint8_t>();
  const std::int64_t count = x.numel();
  const Rounding16& rounding = rounding16(q.format);
  const std::uint8_t filler = code_of_zero(rounding);
  cpu::parallel_items(q.scales.numel(), q.block * 8, [&](std::int64_t begin, std::int64_t end) {
    std::uint8_t unpacked[kMaxBlock];
    for (std::int64_t block = begin; block < end; ++block) {
      const std::int64_t first = block * q.block;
      const std::int64_t size = std::min(q.block, count - first);
      const bool whole = size == q.block;
      const float largest = largest_magnitude(values + first, size);
      scales[block] = whole ? largest : std::max(largest, kLeastScale);
      round_block(values + first, size, largest, whole, rounding, unpacked);
      pack(unpacked, size, filler, codes + first / 2);
    }
  });
}

/// Summed in the order of 256 threads of a GPU (tensor/cuda/grid.h), whose mean has the same bits:
/// every 256th number by one, then trees of 32, then those.
double sum_of(const float* scales, std::int64_t count) {
  constexpr std::int64_t kThreads = 256, kWarp = 32;
  double parts[kThreads] = {};
  for (std::int64_t i = 0; i < count; ++i) parts[i % kThreads] += static_cast<double>(scales[i]);
  double sum = 0;
  for (double* lanes = parts; lanes < parts + kThreads; lanes += kWarp) {
    for (std::int64_t step = kWarp / 2; step > 0; step /= 2) {
      for (std::int64_t k = 0; k < step; ++k) lanes[k] += lanes[k + step];
    }
    sum += lanes[0];
  }
  return sum;
}

/// Replaces f32 scales by codes.
void nest_scales(QuantizedTensor& q) {
  const std::int64_t blocks = q.scales.numel();
  const float* scales = q.scales.data<float>();
  const internal::DynamicMap& map = internal::DynamicMap::with_signs();
  q.nested_offset = static_cast<float>(sum_of(scales, blocks) / static_cast<double>(blocks));
  const Tensor codes = empty({blocks}, {.dtype = DType::kU8});
  q.nested_scales = empty({(blocks + kNestedBlock - 1) / kNestedBlock});
  for (std::int64_t first = 0; first < blocks; first += kNestedBlock) {
    const std::int64_t size = std::min(kNestedBlock, blocks - first);
    float shifted[kNestedBlock];
    for (std::int64_t i = 0; i < size; ++i) shifted[i] = scales[first + i] - q.nested_offset;
    const bool whole = size == kNestedBlock;
    const float largest = largest_magnitude(shifted, size);
    const float least = std::max(largest, kLeastScale);
    q.nested_scales.data<float>()[first / kNestedBlock] = whole ? largest : least;
    for (std::int64_t i = 0; i < size; ++i) {
      const float value = whole ? shifted[i] * (1.0f / least) : shifted[i] / least;
      codes.data<std::uint8_t>()[first + i] = static_cast<std::uint8_t>(map.code(value));
    }
  }
  q.scales = codes;
}

template <class T>
void quantize_rows(const Tensor& x, const QuantizedTensor& q) {
  const std::int64_t columns = x.size(1);
  const T* values = x.data<T>();
  cpu::parallel_items(x.size(0), columns, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* in = values + row * columns;
      std::uint8_t* out = q.codes.data<std::uint8_t>() + row * columns;
      const float scale = largest_magnitude(in, columns);
      q.scales.data<float>()[row] = scale;
      const float factor = scale > 0 ? 127.0f / scale : 0.0f;
      for (std::int64_t i = 0; i < columns; ++i) {
        const float rounded = std::nearbyint(static_cast<float>(in[i]) * factor);
        out[i] = static_cast<std::uint8_t>(static_cast<std::int8_t>(rounded));
      }
    }
  });
}

void check(const Tensor& x, const Options& options) {
  if (!x.defined()) throw DeviceError("[quantize] expected x, got an undefined tensor");
  if (!is_floating(x.dtype()) || x.dtype() == DType::kF64) {
    throw DTypeError("[quantize] expected x of f32, bf16 or f16, got " +
                     std::string(tenon::name(x.dtype())));
  }
  const bool power = (options.block & (options.block - 1)) == 0;
  if (options.format != Format::kInt8 &&
      (options.block < 32 || options.block > kMaxBlock || !power)) {
    throw ValueError("[quantize] expected a block of 32, 64, … 4096, got " +
                     std::to_string(options.block));
  }
  if (options.format == Format::kInt8 && x.ndim() != 2) {
    throw ShapeError("[quantize] expected a matrix for int8, got " + to_string(x.shape()));
  }
  if (x.numel() == 0) {
    throw ValueError("[quantize] expected elements, got x " + to_string(x.shape()));
  }
  if (!all_finite(x)) throw ValueError("[quantize] expected finite values, got infinity or NaN");
}

template <class T>
void quantize_as(const Tensor& x, QuantizedTensor& q) {
  if (q.format == Format::kInt8) {
    quantize_rows<T>(x, q);
  } else {
    quantize_blocks<T>(x, q);
  }
}

}  // namespace

QuantizedTensor quantize(const Tensor& given, const Options& options) {
  check(given, options);
  const Tensor x = given.contiguous();
  const bool int8 = options.format == Format::kInt8;
  const std::int64_t block = int8 ? x.size(1) : options.block;
  const std::int64_t blocks = (x.numel() + block - 1) / block;
  QuantizedTensor q{
      .format = options.format, .shape = x.shape(), .dtype = x.dtype(), .block = block};
  q.codes = empty(int8 ? x.shape() : Shape{(x.numel() + 1) / 2, 1},
                  {.dtype = DType::kU8, .device = x.device()});
  q.scales = empty({blocks}, {.device = x.device()});
  if (!x.device().is_cpu()) {
    kernels_of(x.device()).quantize(x, q);
    if (options.nested && !int8) kernels_of(x.device()).nest_scales(q);
    return q;
  }
  switch (x.dtype()) {
    case DType::kBF16:
      quantize_as<BFloat16>(x, q);
      break;
    case DType::kF16:
      quantize_as<Float16>(x, q);
      break;
    default:
      quantize_as<float>(x, q);
  }
  if (options.nested && !int8) nest_scales(q);
  return q;
}

}  // namespace tenon::quant
