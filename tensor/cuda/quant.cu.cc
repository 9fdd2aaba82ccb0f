// NF4, FP4 and int8: into codes, out of them, and a product that reads half a byte a weight.
//
// Codes and numbers are the CPU's, byte for byte: every value takes the same operations, each
// rounded (no contraction, see BUILD), and a block's largest magnitude depends on no order.
#include "tensor/cuda/quant.h"

#include "tensor/cuda/quant_codes.h"
#include "tensor/cuda/reduce.h"
#include "tensor/cuda/rows.h"
#include "tensor/quant/codebook.h"

namespace tenon::cuda {
namespace {

using quant::Format;
using quant::QuantizedTensor;
using quant::Rounding16;

/// Codes that a thread takes at once: 4 bytes.
constexpr int kCodes = 8;

TENON_HOST_DEVICE float magnitude(float x) { return x < 0 ? -x : x; }

struct Larger {
  TENON_HOST_DEVICE float operator()(float a, float b) const { return a < b ? b : a; }
};

/// The largest magnitude of elements [first, first + count).
template <class Team>
TENON_HOST_DEVICE float largest_magnitude(const Team& team, const Elements& x, std::int64_t first,
                                          std::int64_t count) {
  return team.reduce(
      count, 0.0f,
      [&](float& best, std::int64_t i) {
        best = Larger{}(best, magnitude(load<float>(x, first + i)));
      },
      Larger{});
}

/// One block of a 4-bit format.
struct QuantizeBlock {
  static constexpr const char* kName = "quantize";
  Elements x;
  std::uint8_t* codes;
  float* scales;
  std::int64_t count, block;
  Rounding16 rounding;
  std::uint8_t filler;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t first = team.index() * block;
    const std::int64_t size = count - first < block ? count - first : block;
    const bool whole = size == block;
    const float largest = largest_magnitude(team, x, first, size);
    const float least = Larger{}(largest, quant::kLeastScale);
    team.once([&] { scales[team.index()] = whole ? largest : least; });
    const auto code_of = [&](std::int64_t i) {
      const float value = load<float>(x, first + i);
      // As on the CPU a last, shorter block divides.
      return code(whole ? value * (1.0f / least) : value / least);
    };
    team.for_each((size + 1) / 2, [&](std::int64_t pair) {
      const unsigned upper = code_of(2 * pair);
      const unsigned lower = 2 * pair + 1 < size ? code_of(2 * pair + 1) : filler;
      codes[first / 2 + pair] = static_cast<std::uint8_t>(upper << 4 | lower);
    });
  }

 private:
  TENON_HOST_DEVICE unsigned code(float value) const {
    const float* midpoints = rounding.midpoints.data();
    int above = 0;
    for (int i = 0; i < 15; ++i) above += value > midpoints[i] ? 1 : 0;
    return rounding.order.data()[above];
  }
};

/// One row of int8.
struct QuantizeRow {
  static constexpr const char* kName = "quantize_int8";
  Elements x;
  std::int8_t* codes;
  float* scales;
  std::int64_t columns;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t first = team.index() * columns;
    const float scale = largest_magnitude(team, x, first, columns);
    team.once([&] { scales[team.index()] = scale; });
    const float factor = scale > 0 ? 127.0f / scale : 0.0f;
    team.for_each(columns, [&](std::int64_t i) {
      const float value = load<float>(x, first + i) * factor;
      codes[first + i] = static_cast<std::int8_t>(std::nearbyint(value));
    });
  }
};

/// kCodes neighbours, which begin at a multiple of kCodes.
struct DequantizeMany {
  static constexpr const char* kName = "dequantize";
  Codes codes;
  std::int64_t first;
  Elements out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t at = first + i * kCodes;
    const auto bytes =
        *reinterpret_cast<const Pack<std::uint8_t, kCodes / 2>*>(codes.bytes + at / 2);
    const float* numbers = numbers_of(codes.format);
    const float scale = codes.scale(at);
    float values[kCodes];
    for (int k = 0; k < kCodes; k += 2) {
      values[k] = numbers[bytes.lane[k / 2] >> 4] * scale;
      values[k + 1] = numbers[bytes.lane[k / 2] & 15] * scale;
    }
    store<float, kCodes>(out, i * kCodes, values);
  }
};

struct DequantizeOne {
  static constexpr const char* kName = "dequantize";
  Codes codes;
  std::int64_t first;
  Elements out;

  TENON_HOST_DEVICE void operator()(std::int64_t i) const {
    const std::int64_t at = first + i;
    const unsigned byte = codes.bytes[at / 2];
    const unsigned code = at % 2 == 0 ? byte >> 4 : byte & 15;
    store<float>(out, i, numbers_of(codes.format)[code] * codes.scale(at));
  }
};

struct DequantizeRow {
  static constexpr const char* kName = "dequantize_int8";
  const std::int8_t* codes;
  const float* scales;
  std::int64_t columns;
  Elements out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const float scale = scales[team.index()] / 127.0f;
    team.for_each(columns, [&](std::int64_t i) {
      const std::int64_t at = team.index() * columns + i;
      store<float>(out, at, static_cast<float>(codes[at]) * scale);
    });
  }
};

template <int M>
struct Sums {
  float row[M] = {};
};

/// M rows of x times one row of W: codes become numbers once for all M, and the scale is applied to
/// sums of kCodes products.
template <int M, class T>
struct MultiplyRow {
  static constexpr const char* kName = "quantized_multiply";
  const T* x;
  Codes codes;
  std::int64_t columns, outputs;
  T* out;

  template <class Team>
  TENON_HOST_DEVICE void operator()(const Team& team) const {
    const std::int64_t row = team.index();
    const float* numbers = numbers_of(codes.format);
    const Sums<M> total = team.reduce(
        columns / kCodes, Sums<M>{},
        [&](Sums<M>& sums, std::int64_t i) { add_products(numbers, row, i * kCodes, sums); },
        [](const Sums<M>& a, const Sums<M>& b) {
          Sums<M> both;
          for (int m = 0; m < M; ++m) both.row[m] = a.row[m] + b.row[m];
          return both;
        });
    team.once([&] {
      for (int m = 0; m < M; ++m) out[m * outputs + row] = convert<T>(total.row[m]);
    });
  }

 private:
  TENON_HOST_DEVICE void add_products(const float* numbers, std::int64_t row, std::int64_t column,
                                      Sums<M>& sums) const {
    const std::int64_t at = row * columns + column;
    const auto bytes =
        *reinterpret_cast<const Pack<std::uint8_t, kCodes / 2>*>(codes.bytes + at / 2);
    float w[kCodes];
    for (int k = 0; k < kCodes; k += 2) {
      w[k] = numbers[bytes.lane[k / 2] >> 4];
      w[k + 1] = numbers[bytes.lane[k / 2] & 15];
    }
    const float scale = codes.scale(at);
    for (int m = 0; m < M; ++m) {
      const auto values = *reinterpret_cast<const Pack<T, kCodes>*>(x + m * columns + column);
      float sum = 0;
      for (int k = 0; k < kCodes; ++k) sum = std::fma(convert<float>(values.lane[k]), w[k], sum);
      sums.row[m] = std::fma(scale, sum, sums.row[m]);
    }
  }
};

template <int M>
void multiply_rows(const Tensor& x, const QuantizedTensor& q, const Tensor& out) {
  with_element_of<float>(x.dtype(), [&](auto type) {
    using T = decltype(type);
    launch_teams<kWarp>(q.shape[0], MultiplyRow<M, T>{.x = address<T>(x),
                                                      .codes = codes_of(q),
                                                      .columns = q.shape[1],
                                                      .outputs = q.shape[0],
                                                      .out = address<T>(out)});
  });
}

}  // namespace

void quantize(const Tensor& x, const QuantizedTensor& q) {
  const DeviceScope on(x.device().index);
  auto* codes = address<std::uint8_t>(q.codes);
  auto* scales = address<float>(q.scales);
  if (q.format == Format::kInt8) {
    launch_rows(x.size(0), x.size(1),
                QuantizeRow{elements(x), reinterpret_cast<std::int8_t*>(codes), scales, x.size(1)});
    return;
  }
  const Rounding16& rounding = quant::rounding16(q.format);
  launch_teams<kWarp>(q.scales.numel(),
                      QuantizeBlock{elements(x), codes, scales, x.numel(), q.block, rounding,
                                    quant::code_of_zero(rounding)});
}

void dequantize(const QuantizedTensor& q, std::int64_t first, const Tensor& out) {
  if (out.numel() == 0) return;
  const DeviceScope on(out.device().index);
  if (q.format == Format::kInt8) {
    const std::int64_t columns = q.shape[1];
    const auto* codes = address<std::int8_t>(q.codes) + first;
    launch_rows(
        out.numel() / columns, columns,
        DequantizeRow{codes, address<float>(q.scales) + first / columns, columns, elements(out)});
  } else if (first % kCodes == 0 && out.numel() % kCodes == 0 && is_aligned(q.codes, kCodes / 2) &&
             is_aligned(out, pack_alignment(out.dtype(), kCodes))) {
    launch_items(out.numel() / kCodes, DequantizeMany{codes_of(q), first, elements(out)});
  } else {
    launch_items(out.numel(), DequantizeOne{codes_of(q), first, elements(out)});
  }
}

void quantized_multiply(const Tensor& x, const QuantizedTensor& q, const Tensor& out) {
  if (x.size(0) > quant::kMultiplyRows) return quantized_matmul(x, q, out);
  const DeviceScope on(x.device().index);
  if (!is_aligned(x, 16)) return quantized_multiply(x.clone(), q, out);
  if (!is_aligned(q.codes, kCodes / 2)) {
    QuantizedTensor aligned = q;
    aligned.codes = q.codes.clone();
    return quantized_multiply(x, aligned, out);
  }
  constexpr void (*kByRows[quant::kMultiplyRows])(
      const Tensor&, const QuantizedTensor&, const Tensor&) = {multiply_rows<1>, multiply_rows<2>,
                                                               multiply_rows<3>, multiply_rows<4>};
  kByRows[x.size(0) - 1](x, q, out);
}

}  // namespace tenon::cuda
