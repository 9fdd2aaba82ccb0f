#include "tensor/cpu/transpose.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "tensor/cpu/parallel.h"

namespace tenon::cpu {
namespace {

// A tile is read by whole runs of the source and written by whole lines of the result.
// Where either walks over memory with the other's strides, every element costs a line, and at
// strides that are powers of two those lines push each other out of the cache.
constexpr std::int64_t kLine = 64;
constexpr std::int64_t kTileRows = 64;
template <class T>
constexpr std::int64_t kTileColumns = kLine / sizeof(T);

/// Matrices of which `out` is dense along the columns and `from` along the rows, one for each index
/// of the other dimensions. Strides are in elements.
struct Matrices {
  std::int64_t rows, columns;
  std::int64_t out_row, from_column;
  Dims outer = {};
  Strides out_outer = {}, from_outer = {};

  std::int64_t count() const {
    std::int64_t product = 1;
    for (const std::int64_t size : outer) product *= size;
    return product;
  }
};

/// out[i][j] = from[j][i] for a tile of `rows` x `columns`.
template <class T>
void move_tile(const T* from, std::int64_t from_column, T* out, std::int64_t out_row,
               std::int64_t rows, std::int64_t columns) {
  T tile[kTileColumns<T>][kTileRows];
  for (std::int64_t j = 0; j < columns; ++j) {
    std::memcpy(tile[j], from + j * from_column, static_cast<std::size_t>(rows) * sizeof(T));
  }
  if (columns == kTileColumns<T>) {
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < kTileColumns<T>; ++j) out[i * out_row + j] = tile[j][i];
    }
  } else {
    for (std::int64_t i = 0; i < rows; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) out[i * out_row + j] = tile[j][i];
    }
  }
}

template <class T>
void move_matrices(const Matrices& m, const Tensor& from, const Tensor& out) {
  const T* const from_data = static_cast<const T*>(from.raw_data());
  T* const out_data = static_cast<T*>(out.raw_data());
  const std::int64_t down = (m.rows + kTileRows - 1) / kTileRows;
  const std::int64_t across = (m.columns + kTileColumns<T> - 1) / kTileColumns<T>;
  const std::int64_t work = std::min(m.rows, kTileRows) * std::min(m.columns, kTileColumns<T>);
  parallel_items(m.count() * down * across, work, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t tile = begin; tile < end; ++tile) {
      const std::int64_t column = tile % across * kTileColumns<T>;
      const std::int64_t row = tile / across % down * kTileRows;
      const T* source = from_data + column * m.from_column + row;
      T* target = out_data + row * m.out_row + column;
      std::int64_t rest = tile / across / down;
      for (int d = m.outer.size() - 1; d >= 0; rest /= m.outer[d--]) {
        source += rest % m.outer[d] * m.from_outer[d];
        target += rest % m.outer[d] * m.out_outer[d];
      }
      move_tile(source, m.from_column, target, m.out_row, std::min(kTileRows, m.rows - row),
                std::min(kTileColumns<T>, m.columns - column));
    }
  });
}

}  // namespace

bool copy_transposed(const LoopDims& dims, const Tensor& from, const Tensor& out) {
  const Strides &to = dims.strides[0], &source = dims.strides[1];
  const int last = dims.sizes.size() - 1;
  int dense = 0;
  while (dense < last && source[dense] != 1) ++dense;
  if (dense == last || to[last] != 1) return false;
  if (source[last] * static_cast<std::int64_t>(size_of(out.dtype())) < kLine) return false;
  Matrices m{.rows = dims.sizes[dense],
             .columns = dims.sizes[last],
             .out_row = to[dense],
             .from_column = source[last]};
  for (int d = 0; d < last; ++d) {
    if (d == dense) continue;
    m.outer.push_back(dims.sizes[d]);
    m.out_outer.push_back(to[d]);
    m.from_outer.push_back(source[d]);
  }
  switch (size_of(out.dtype())) {
    case 1:
      move_matrices<std::uint8_t>(m, from, out);
      break;
    case 2:
      move_matrices<std::uint16_t>(m, from, out);
      break;
    case 4:
      move_matrices<std::uint32_t>(m, from, out);
      break;
    default:
      move_matrices<std::uint64_t>(m, from, out);
  }
  return true;
}

}  // namespace tenon::cpu
