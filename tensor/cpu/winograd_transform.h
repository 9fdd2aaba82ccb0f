// The arithmetic of F(4x4, 3x3): y = A^T [(G g G^T) * (B^T d B)] A turns a window d of 6x6 pixels
// and a filter g of 3x3 into 4x4 results y. One register holds the same pixel of kLanes channels.
//
// The transforms follow from the points 0, ±a, ±b and infinity at which polynomials are evaluated
// (Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", §4). Those of that
// paper, ±1 and ±2, lose five times as much to rounding as direct sums do; ±5/8 and ±3/2 twice.
#ifndef TENON_TENSOR_CPU_WINOGRAD_TRANSFORM_H_
#define TENON_TENSOR_CPU_WINOGRAD_TRANSFORM_H_

#include "tensor/cpu/lanes.h"

namespace tenon::cpu::winograd {

inline constexpr int kOut = 4, kTaps = 3, kIn = kOut + kTaps - 1;
inline constexpr int kProducts = kIn * kIn;

inline constexpr float kA = 0.625f, kB = 1.5f;
inline constexpr float kA2 = kA * kA, kB2 = kB * kB;  // exact, as the next two are
inline constexpr float kA2B2 = kA2 * kB2, kA2PlusB2 = kA2 + kB2;

/// B^T d of one column, or d B of one row: result i goes to `to` + i `step`.
inline void transform_pixels(const Lanes (&d)[kIn], float* to, std::int64_t step) {
  store(to, kA2B2 * d[0] - kA2PlusB2 * d[2] + d[4]);
  const Lanes even_a = d[4] - kB2 * d[2], odd_a = kA * (d[3] - kB2 * d[1]);
  store(to + step, even_a + odd_a);
  store(to + 2 * step, even_a - odd_a);
  const Lanes even_b = d[4] - kA2 * d[2], odd_b = kB * (d[3] - kA2 * d[1]);
  store(to + 3 * step, even_b + odd_b);
  store(to + 4 * step, even_b - odd_b);
  store(to + 5 * step, kA2B2 * d[1] - kA2PlusB2 * d[3] + d[5]);
}

/// B^T d B of a window, where pixel(row, column) loads d: element i goes to `to` + i `step`. A
/// pixel is loaded up to four times: the 36 of B^T d would not fit the registers.
template <class Pixel>
inline void transform_window(const Pixel& pixel, float* to, std::int64_t step) {
  Lanes plus[kIn], minus[kIn];
  for (int j = 0; j < kIn; ++j) {
    plus[j] = kA2B2 * pixel(0, j) - kA2PlusB2 * pixel(2, j) + pixel(4, j);
    minus[j] = kA2B2 * pixel(1, j) - kA2PlusB2 * pixel(3, j) + pixel(5, j);
  }
  transform_pixels(plus, to, step);
  transform_pixels(minus, to + 5 * kIn * step, step);
  const auto pair_of_rows = [&](float point, float other2, int row) {
    for (int j = 0; j < kIn; ++j) {
      const Lanes even = pixel(4, j) - other2 * pixel(2, j);
      const Lanes odd = point * (pixel(3, j) - other2 * pixel(1, j));
      plus[j] = even + odd;
      minus[j] = even - odd;
    }
    transform_pixels(plus, to + row * kIn * step, step);
    transform_pixels(minus, to + (row + 1) * kIn * step, step);
  };
  pair_of_rows(kA, kB2, 1);
  pair_of_rows(kB, kA2, 3);
}

/// A^T m of one column, or m A of one row.
inline void transform_sums(const Lanes (&m)[kIn], Lanes (&y)[kOut]) {
  const Lanes sum_a = m[1] + m[2], difference_a = kA * (m[1] - m[2]);
  const Lanes sum_b = m[3] + m[4], difference_b = kB * (m[3] - m[4]);
  y[0] = m[0] + sum_a + sum_b;
  y[1] = difference_a + difference_b;
  y[2] = kA2 * sum_a + kB2 * sum_b;
  y[3] = kA2 * difference_a + kB2 * difference_b + m[5];
}

/// A^T m A, where m's element i is at `m` + i `step`: calls result(row, column, y) for each.
template <class Result>
inline void transform_products(const float* m, std::int64_t step, const Result& result) {
  Lanes rows[kOut][kIn];
  unrolled<kIn>([&](int j) {
    Lanes column[kIn], y[kOut];
    unrolled<kIn>([&](int i) { column[i] = load(m + (i * kIn + j) * step); });
    transform_sums(column, y);
    unrolled<kOut>([&](int p) { rows[p][j] = y[p]; });
  });
  unrolled<kOut>([&](int p) {
    Lanes y[kOut];
    transform_sums(rows[p], y);
    unrolled<kOut>([&](int q) { result(p, q, y[q]); });
  });
}

/// G g of one column, or g G^T of one row.
inline void transform_taps(const Lanes (&g)[kTaps], Lanes (&u)[kIn]) {
  constexpr float kScaleA = 0.5f / (kA2 * (kA2 - kB2)), kScaleB = 0.5f / (kB2 * (kB2 - kA2));
  const Lanes even_a = kScaleA * (g[0] + kA2 * g[2]), odd_a = kScaleA * kA * g[1];
  const Lanes even_b = kScaleB * (g[0] + kB2 * g[2]), odd_b = kScaleB * kB * g[1];
  u[0] = g[0] * (1 / kA2B2);
  u[1] = even_a + odd_a;
  u[2] = even_a - odd_a;
  u[3] = even_b + odd_b;
  u[4] = even_b - odd_b;
  u[5] = g[2];
}

/// G g G^T of a filter: element i goes to `to` + i `step`.
inline void transform_filter(const Lanes (&g)[kTaps][kTaps], float* to, std::int64_t step) {
  Lanes rows[kIn][kTaps], u[kIn];
  for (int s = 0; s < kTaps; ++s) {
    const Lanes column[kTaps] = {g[0][s], g[1][s], g[2][s]};
    transform_taps(column, u);
    for (int i = 0; i < kIn; ++i) rows[i][s] = u[i];
  }
  for (int i = 0; i < kIn; ++i) {
    transform_taps(rows[i], u);
    for (int j = 0; j < kIn; ++j) store(to + (i * kIn + j) * step, u[j]);
  }
}

// The weight's gradient is that of y with respect to g: G^T [sum of (B^T d B) * (A y' A^T)] G,
// where the sum runs over all tiles and y' is the gradient of a tile.

/// A y of one column, or y A^T of one row.
inline void spread_results(const Lanes (&y)[kOut], Lanes (&m)[kIn]) {
  const Lanes even_a = y[0] + kA2 * y[2], odd_a = kA * (y[1] + kA2 * y[3]);
  const Lanes even_b = y[0] + kB2 * y[2], odd_b = kB * (y[1] + kB2 * y[3]);
  m[0] = y[0];
  m[1] = even_a + odd_a;
  m[2] = even_a - odd_a;
  m[3] = even_b + odd_b;
  m[4] = even_b - odd_b;
  m[5] = y[3];
}

/// A y A^T of a tile, where result(row, column) loads y: element i goes to `to` + i `step`.
template <class Result>
inline void spread_tile(const Result& result, float* to, std::int64_t step) {
  Lanes columns[kIn][kOut];
  unrolled<kOut>([&](int q) {
    Lanes y[kOut], m[kIn];
    unrolled<kOut>([&](int p) { y[p] = result(p, q); });
    spread_results(y, m);
    unrolled<kIn>([&](int i) { columns[i][q] = m[i]; });
  });
  unrolled<kIn>([&](int i) {
    Lanes m[kIn];
    spread_results(columns[i], m);
    unrolled<kIn>([&](int j) { store(to + (i * kIn + j) * step, m[j]); });
  });
}

/// G^T u of one column, or u G of one row.
inline void gather_taps(const Lanes (&u)[kIn], Lanes (&g)[kTaps]) {
  constexpr float kScaleA = 0.5f / (kA2 * (kA2 - kB2)), kScaleB = 0.5f / (kB2 * (kB2 - kA2));
  const Lanes sum_a = kScaleA * (u[1] + u[2]), sum_b = kScaleB * (u[3] + u[4]);
  g[0] = u[0] * (1 / kA2B2) + sum_a + sum_b;
  g[1] = kScaleA * kA * (u[1] - u[2]) + kScaleB * kB * (u[3] - u[4]);
  g[2] = kA2 * sum_a + kB2 * sum_b + u[5];
}

/// G^T u G, where u's element i is at `u` + i `step`: calls tap(row, column, g) for each.
template <class Tap>
inline void gather_filter(const float* u, std::int64_t step, const Tap& tap) {
  Lanes rows[kTaps][kIn];
  unrolled<kIn>([&](int j) {
    Lanes column[kIn], g[kTaps];
    unrolled<kIn>([&](int i) { column[i] = load(u + (i * kIn + j) * step); });
    gather_taps(column, g);
    unrolled<kTaps>([&](int r) { rows[r][j] = g[r]; });
  });
  unrolled<kTaps>([&](int r) {
    Lanes g[kTaps];
    gather_taps(rows[r], g);
    unrolled<kTaps>([&](int s) { tap(r, s, g[s]); });
  });
}

}  // namespace tenon::cpu::winograd

#endif  // TENON_TENSOR_CPU_WINOGRAD_TRANSFORM_H_
