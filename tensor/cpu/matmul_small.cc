#include "tensor/cpu/matmul_small.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/float_lanes.h"
#ifdef TENON_FLOAT_LANES
#include "tensor/cpu/turn_rows.h"
#endif

namespace tenon::cpu {

#ifdef TENON_FLOAT_LANES

namespace {

// Sums of a tile: as many as hide a multiply-add's four cycles and leave registers for a row of b
// and a number of a.
#ifdef __AVX512F__
constexpr int kMostSums = 24;
#else
constexpr int kMostSums = 12;
#endif
/// Registers side by side in a tile; the last tile of a row takes what is left.
constexpr int kAcross = 2, kMostAcross = 3;

/// Numbers of b and the bias where its rows are not whole registers: they are copied and padded
/// with zeros, on the stack.
constexpr std::int64_t kMostPacked = 16384;

struct Matrix {
  const float* data;
  std::int64_t down, across;  // strides
};

/// A tile's part of the product and what comes after it.
struct Tile {
  Matrix a;            // its rows
  const float* b;      // its columns
  std::int64_t b_row;  // floats from one row of b to the next
  std::int64_t inner;
  const float* bias;  // null for none
  bool relu, accumulate;
  float* out;
  std::int64_t out_row;
  std::int64_t columns;  // of the tile; more than all registers but the last hold
};

template <int kRows, int kVectors>
void multiply_tile(const Tile& tile) {
  constexpr int kSums = kRows * kVectors;
  Lanes sums[kSums];
  unrolled<kSums>([&](int i) { sums[i] = Lanes{}; });
  const float* rows[kRows];
  for (int r = 0; r < kRows; ++r) rows[r] = tile.a.data + r * tile.a.down;
  const float* b = tile.b;
  const std::int64_t end = tile.inner * tile.a.across;
  for (std::int64_t at = 0; at != end; at += tile.a.across, b += tile.b_row) {
    Lanes right[kVectors];
    for (int v = 0; v < kVectors; ++v) right[v] = load(b + v * kLanes);
    for (int r = 0; r < kRows; ++r) {
      const Lanes left = broadcast(rows[r][at]);
      for (int v = 0; v < kVectors; ++v) sums[r * kVectors + v] += left * right[v];
    }
  }
  const std::int64_t rest = tile.columns - (kVectors - 1) * kLanes, row = tile.out_row;
  const float* const bias = tile.bias;
  const bool accumulate = tile.accumulate, whole = rest == kLanes;
  const FloatLanes least(tile.relu ? 0 : -std::numeric_limits<float>::infinity());  // NaN stays
  float* const out = tile.out;
  unrolled<kSums>([&](int i) __attribute__((always_inline)) {
    const int v = i % kVectors;
    float* const to = out + i / kVectors * row + v * kLanes;
    const bool all = v + 1 < kVectors || whole;
    FloatLanes y(sums[i]);
    if (accumulate) y = y + (all ? FloatLanes::load(to) : FloatLanes::load(to, rest));
    if (bias) y = y + FloatLanes::load(bias + v * kLanes);
    y = at_least(y, least);
    if (all) {
      y.store(to);
    } else {
      y.store(to, rest);
    }
  });
}

using Multiply = void (*)(const Tile&);

template <int kVectors, int... rows>
constexpr auto kernels_of(std::integer_sequence<int, rows...>) {
  return std::array<Multiply, sizeof...(rows)>{multiply_tile<rows + 1, kVectors>...};
}

/// All rows of a times columns of b, `kVectors` registers of them.
template <int kVectors>
void multiply_columns(Tile tile, std::int64_t rows) {
  constexpr int kMostRows = std::min(kMostSums / kVectors, 12);
  static constexpr auto kKernels =
      kernels_of<kVectors>(std::make_integer_sequence<int, kMostRows>{});
  // Tiles that differ by a row at most: a low one waits for its sums.
  for (std::int64_t tiles = (rows + kMostRows - 1) / kMostRows; tiles > 0; --tiles) {
    const std::int64_t height = (rows + tiles - 1) / tiles;
    kKernels[static_cast<std::size_t>(height - 1)](tile);
    tile.a.data += height * tile.a.down;
    tile.out += height * tile.out_row;
    rows -= height;
  }
}

std::int64_t padded(std::int64_t columns) { return (columns + kLanes - 1) / kLanes * kLanes; }

bool whole_rows(const Tensor& b) { return b.strides()[2] == 1 && b.shape()[2] % kLanes == 0; }

/// b with rows of `width` floats, the last ones 0.
void pack(const Matrix& b, std::int64_t inner, std::int64_t columns, std::int64_t width,
          float* to) {
  const std::int64_t last = (columns - 1) / kLanes * kLanes;
  for (std::int64_t k = 0; k < inner; ++k) FloatLanes(0).store(to + k * width + last);
  if (b.across == 1) {
    for (std::int64_t k = 0; k < inner; ++k) {
      const float* const from = b.data + k * b.down;
      float* const row = to + k * width;
      for (std::int64_t c = 0; c < last; c += kLanes) store(row + c, load(from + c));
      FloatLanes::load(from + last, columns - last).store(row + last);
    }
  } else if (b.down == 1) {
    for (std::int64_t c = 0; c < columns; c += kLanes) {
      for (std::int64_t k = 0; k < inner; k += kLanes) {
        const std::int64_t high = std::min(kLanes, columns - c), wide = std::min(kLanes, inner - k);
        const bool whole = high == kLanes && wide == kLanes;
        (whole ? turn_tile<true> : turn_tile<false>)(b.data + c * b.across + k, b.across, high,
                                                     wide, to + k * width + c, width);
      }
    }
  } else {
    for (std::int64_t k = 0; k < inner; ++k) {
      for (std::int64_t c = 0; c < columns; ++c) {
        to[k * width + c] = b.data[k * b.down + c * b.across];
      }
    }
  }
}

Matrix matrix_of(const Tensor& x) { return {x.data<float>(), x.strides()[1], x.strides()[2]}; }

}  // namespace

bool is_small_matmul(const MatmulArgs& args, const Tensor& out) {
  const std::int64_t inner = args.a.shape()[2], columns = out.shape()[2];
  const double flop = 2.0 * static_cast<double>(out.numel()) * static_cast<double>(inner);
  return args.a.dtype() == DType::kF32 && out.dtype() == DType::kF32 && out.shape()[0] == 1 &&
         flop < kSerialFlop && inner > 0 && args.a.strides()[2] != 0 && 2 * columns >= kLanes &&
         (whole_rows(args.b) || (inner + 1) * padded(columns) <= kMostPacked);
}

void matmul_small(const MatmulArgs& args, const Tensor& out) {
  const std::int64_t rows = out.shape()[1], columns = out.shape()[2], inner = args.a.shape()[2];
  const std::int64_t width = padded(columns);
  const Tensor bias = args.bias ? args.bias->contiguous() : Tensor();
  Matrix b = matrix_of(args.b);
  const float* shift = args.bias ? bias.data<float>() : nullptr;
  alignas(kBufferAlignment) float packed[kMostPacked];
  if (!whole_rows(args.b)) {
    pack(b, inner, columns, width, packed);
    b = {packed, width, 1};
    if (shift) {
      float* const row = packed + inner * width;
      std::fill(std::copy_n(shift, columns, row), row + width, 0.0f);
      shift = row;
    }
  }
  Tile tile{.a = matrix_of(args.a),
            .b = b.data,
            .b_row = b.down,
            .inner = inner,
            .bias = shift,
            .relu = args.activation == Activation::kRelu,
            .accumulate = args.accumulate,
            .out = out.data<float>(),
            .out_row = out.strides()[1],
            .columns = columns};
  for (std::int64_t left = width / kLanes; left > 0;) {
    const std::int64_t taken = left <= kMostAcross ? left : kAcross;
    const std::int64_t floats = taken * kLanes, before = tile.columns;
    tile.columns = std::min(tile.columns, floats);
    if (taken == 1) {
      multiply_columns<1>(tile, rows);
    } else if (taken == 2) {
      multiply_columns<2>(tile, rows);
    } else {
      multiply_columns<3>(tile, rows);
    }
    tile.columns = before - floats;
    tile.b += floats;
    tile.out += floats;
    if (tile.bias) tile.bias += floats;
    left -= taken;
  }
}

#else

bool is_small_matmul(const MatmulArgs&, const Tensor&) { return false; }
void matmul_small(const MatmulArgs&, const Tensor&) {}

#endif

}  // namespace tenon::cpu
