// Filters of winograd.cc, transformed for products with windows.
#ifndef TENON_TENSOR_CPU_WINOGRAD_FILTERS_H_
#define TENON_TENSOR_CPU_WINOGRAD_FILTERS_H_

#include <algorithm>
#include <cstdint>

#include "tensor/cpu/winograd_tiles.h"

namespace tenon::cpu::winograd {

/// Filters from C to K channels inside a weight: tap i of filter k for channel c is at k `filter` +
/// c `channel` + i, counted from the last tap where they are turned.
template <class T>
struct Filters {
  const T* weight;
  const T* end;
  std::int64_t filter, channel;
  bool turned;
};

/// Rows of memory as columns: to[i][lane] = from[lane step + i] for i < count.
template <class T>
[[gnu::flatten]] void transpose_rows(const T* from, std::int64_t step, std::int64_t count,
                                     const T* end, float* to) {
  for (std::int64_t i = 0; i < count; i += kLanes) {
    const std::int64_t first = count < kLanes ? 0 : std::min(i, count - kLanes);
    Lanes rows[kLanes];
    for (std::int64_t lane = 0; lane < kLanes; ++lane) {
      const T* row = from + lane * step + first;
      if (end - row >= kLanes) {
        rows[lane] = load(row);
      } else {
        T some[kLanes] = {};
        std::copy(row, end, some);
        rows[lane] = load(some);
      }
    }
    transpose(rows);
    unrolled<static_cast<int>(kLanes)>([&](int j) {
      if (first + j < count) store(to + (first + j) * kLanes, rows[j]);
    });
  }
}

/// The filters k to k + kLanes of all channels: element i of channel c goes to `to` + i `step` + c
/// `width`. The taps of kLanes filters and channels wait in the first-level cache.
template <int R, class T>
void transform_filters(const Filters<T>& filters, std::int64_t k, std::int64_t channels, float* to,
                       std::int64_t step, std::int64_t width) {
  constexpr std::int64_t kTaps = R * R;
  alignas(64) float taps[kLanes * kTaps * kLanes];
  const std::int64_t together = filters.channel == kTaps ? kLanes : 1;
  for (std::int64_t i = 0; i < channels; i += together) {
    const std::int64_t first = std::min(i, channels - together);
    transpose_rows(filters.weight + k * filters.filter + first * filters.channel, filters.filter,
                   together * kTaps, filters.end, taps);
    for (std::int64_t c = 0; c < together; ++c) {
      const float* g = taps + c * kTaps * kLanes;
      scatter<Taps<R>>(
          [&](int r, int s) {
            const int tap = r * R + s;
            return load(g + (filters.turned ? kTaps - 1 - tap : tap) * kLanes);
          },
          to + (first + c) * width, step);
    }
  }
}

}  // namespace tenon::cpu::winograd

#endif  // TENON_TENSOR_CPU_WINOGRAD_FILTERS_H_
