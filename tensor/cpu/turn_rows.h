// Short rows turned into columns, whose neighbours lie side by side.
#ifndef TENON_TENSOR_CPU_TURN_ROWS_H_
#define TENON_TENSOR_CPU_TURN_ROWS_H_

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/fold_block.h"
#include "tensor/cpu/unrolled.h"

namespace tenon::cpu {

#ifdef TENON_FLOAT_LANES

/// to[c * to_step + r] = from[r * step + c] for a tile of up to kLanes x kLanes, all of them if
/// kWhole.
template <bool kWhole>
[[gnu::flatten]] inline void turn_tile(const float* from, std::int64_t step, std::int64_t rows,
                                       std::int64_t columns, float* to, std::int64_t to_step) {
  FloatLanes tile[kLanes];
  unrolled<kLanes>([&](int r) {
    const float* const row = from + r * step;
    tile[r] = kWhole ? FloatLanes::load(row) : FloatLanes::load(row, r < rows ? columns : 0);
  });
  transpose(tile);
  unrolled<kLanes>([&](int c) {
    if (kWhole) {
      tile[c].store(to + c * to_step);
    } else if (c < columns) {
      tile[c].store(to + c * to_step, rows);
    }
  });
}

/// turned[j * results + i] = element j of the row of `length` elements at x + i * step.
inline void turn_rows(const float* x, std::int64_t length, std::int64_t step, std::int64_t results,
                      float* turned) {
  for (std::int64_t i = 0; i < results; i += kLanes) {
    const std::int64_t rows = std::min(kLanes, results - i);
    for (std::int64_t j = 0; j < length; j += kLanes) {
      const std::int64_t columns = std::min(kLanes, length - j);
      const bool whole = rows == kLanes && columns == kLanes;
      (whole ? turn_tile<true> : turn_tile<false>)(x + i * step + j, step, rows, columns,
                                                   turned + j * results + i, results);
    }
  }
}

#endif

/// turned[j * results + i] = element j of the row of `length` elements at first + i * step.
template <class C>
void turn_rows(const Run& first, std::int64_t length, std::int64_t step, std::int64_t results,
               C* turned) {
#ifdef TENON_FLOAT_LANES
  if constexpr (std::is_same_v<C, float>) {
    if (is_direct<C>(first)) {
      return turn_rows(reinterpret_cast<const C*>(first.data), length, step, results, turned);
    }
  }
#endif
  C row[kShortRow];
  for (std::int64_t i = 0; i < results; ++i) {
    const Run run{first.data + i * step * static_cast<std::int64_t>(size_of(first.dtype)),
                  first.stride, first.dtype};
    const C* x = contiguous_run(run, length, row);
    for (std::int64_t j = 0; j < length; ++j) turned[j * results + i] = x[j];
  }
}

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_TURN_ROWS_H_
