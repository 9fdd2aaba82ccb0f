#include <algorithm>
#include <bit>

#include "tensor/cpu/parallel.h"
#include "tensor/quant/codebook.h"
#include "tensor/quant/device_kernels.h"
#include "tensor/quant/lookup.h"
#include "tensor/quant/quant.h"
#include "tensor/quant/scales.h"

namespace tenon::quant {
namespace {

/// 16-bit numbers are looked up as bits, of either type.
template <class T>
using Bits = std::conditional_t<std::is_same_v<T, float>, float, std::uint16_t>;

/// The upper halves of floats that are not NaN, rounded to nearest, ties to even. A loop that the
/// compiler turns into a handful of vector instructions, which BFloat16's own check for NaN is not.
void round_to_bf16(const float (&from)[16], std::uint16_t (&to)[16]) {
  for (int i = 0; i < 16; ++i) {
    const auto bits = std::bit_cast<std::uint32_t>(from[i]);
    to[i] = static_cast<std::uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
  }
}

template <class T>
void fill_table(const Codebook16& code, float scale, Bits<T> (&table)[16]) {
  if constexpr (std::is_same_v<T, float>) {
    for (std::size_t i = 0; i < 16; ++i) table[i] = code[i] * scale;
  } else {
    float scaled[16];
    for (std::size_t i = 0; i < 16; ++i) scaled[i] = code[i] * scale;
    if constexpr (std::is_same_v<T, BFloat16>) {
      round_to_bf16(scaled, table);
    } else {
      for (std::size_t i = 0; i < 16; ++i) table[i] = T(scaled[i]).bits;
    }
  }
}

/// Elements [begin, end), begin even, into out.
template <class T>
void dequantize_range(const QuantizedTensor& q, const Scales& scales, std::int64_t begin,
                      std::int64_t end, T* out) {
  const std::uint8_t* codes = q.codes.data<std::uint8_t>();
  const Codebook16& code = codebook16(q.format);
  Bits<T> table[16];
  auto* bits = reinterpret_cast<Bits<T>*>(out);
  while (begin < end) {
    const std::int64_t block = begin / q.block;
    const std::int64_t stop = std::min(end, (block + 1) * q.block);
    fill_table<T>(code, scales[block], table);
    if (begin % 2 == 0 && (stop - begin) % 32 == 0) {
      look_up_wide(table, codes + begin / 2, stop - begin, bits);
    } else {
      look_up(table, codes, begin, stop, bits);
    }
    bits += stop - begin;
    begin = stop;
  }
}

template <class T>
void dequantize_blocks(const QuantizedTensor& q, std::int64_t begin, std::int64_t count, T* out) {
  const Scales scales(q);
  // Whole bytes: an element in the second half of one begins a range only where the caller's does.
  const std::int64_t head = std::min(count, begin % 2);
  if (head == 1) {
    const std::uint8_t byte = q.codes.data<std::uint8_t>()[begin / 2];
    out[0] = T(codebook16(q.format)[byte & 15] * scales[begin / q.block]);
  }
  cpu::parallel_for(count - head, cpu::kGrain, [&](std::int64_t from, std::int64_t to) {
    dequantize_range(q, scales, begin + head + from, begin + head + to, out + head + from);
  });
}

template <class T>
void dequantize_int8(const QuantizedTensor& q, std::int64_t begin, std::int64_t rows, T* out) {
  const std::int64_t columns = q.shape[1];
  const std::uint8_t* codes = q.codes.data<std::uint8_t>();
  const float* scales = q.scales.data<float>();
  cpu::parallel_items(rows, columns, [&](std::int64_t from, std::int64_t to) {
    for (std::int64_t row = from; row < to; ++row) {
      const std::uint8_t* in = codes + (begin + row) * columns;
      const float scale = scales[begin + row] / 127.0f;
      for (std::int64_t i = 0; i < columns; ++i) {
        out[row * columns + i] = T(static_cast<float>(static_cast<std::int8_t>(in[i])) * scale);
      }
    }
  });
}

template <class T>
void dequantize_as(const QuantizedTensor& q, std::int64_t begin, std::int64_t rows,
                   const Tensor& out) {
  if (q.format == Format::kInt8) {
    dequantize_int8(q, begin, rows, out.data<T>());
  } else {
    const std::int64_t columns = rows == 0 ? 0 : out.numel() / rows;
    dequantize_blocks(q, begin * columns, out.numel(), out.data<T>());
  }
}

void check_dtype(DType dtype) {
  if (is_floating(dtype) && dtype != DType::kF64) return;
  throw DTypeError("[dequantize] expected f32, bf16 or f16, got " +
                   std::string(tenon::name(dtype)));
}

void dequantize_into(const QuantizedTensor& q, std::int64_t begin, std::int64_t rows,
                     const Tensor& out) {
  check_dtype(out.dtype());
  if (!out.device().is_cpu()) {
    const std::int64_t columns = rows == 0 ? 0 : out.numel() / rows;
    return kernels_of(out.device()).dequantize(q, begin * columns, out);
  }
  switch (out.dtype()) {
    case DType::kBF16:
      return dequantize_as<BFloat16>(q, begin, rows, out);
    case DType::kF16:
      return dequantize_as<Float16>(q, begin, rows, out);
    default:
      return dequantize_as<float>(q, begin, rows, out);
  }
}

}  // namespace

Tensor codebook(Format format) { return from_span(std::span<const float>(codebook16(format))); }

Tensor nested_codebook() { return from_span(std::span<const float>(nested_numbers())); }

Tensor dequantize(const QuantizedTensor& q, DType dtype) {
  const Tensor out = empty(q.shape, {.dtype = dtype, .device = q.codes.device()});
  dequantize_into(q, 0, q.shape.empty() ? 1 : q.shape[0], out);
  return out;
}

void dequantize_rows(const QuantizedTensor& q, std::int64_t begin, std::int64_t end,
                     const Tensor& out) {
  if (q.shape.size() != 2 || begin < 0 || end < begin || end > q.shape[0]) {
    throw IndexError("[dequantize_rows] expected rows within a matrix, got [" +
                     std::to_string(begin) + "," + std::to_string(end) + ") of " +
                     to_string(q.shape));
  }
  if (out.shape() != Shape{end - begin, q.shape[1]} || !out.is_contiguous()) {
    throw ShapeError("[dequantize_rows] expected out [" + std::to_string(end - begin) + "," +
                     std::to_string(q.shape[1]) + "], dense, got " + to_string(out.shape()));
  }
  if (out.device() != q.codes.device()) {
    throw DeviceError("[dequantize_rows] expected out on " + to_string(q.codes.device()) +
                      ", got one on " + to_string(out.device()));
  }
  dequantize_into(q, begin, end - begin, out);
}

}  // namespace tenon::quant
