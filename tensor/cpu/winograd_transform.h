// The arithmetic of F(m x m, r x r) with m + r - 1 = 6: y = A^T [(G g G^T) * (B^T d B)] A turns a
// window d of 6x6 pixels and a filter g of r x r taps into m x m results y. One register holds the
// same pixel of kLanes channels.
//
// The transforms follow from the points 0, ±a, ±b and infinity at which polynomials are evaluated
// (Lavin & Gray 2016, "Fast algorithms for convolutional neural networks", §4). Those of that
// paper, ±1 and ±2, lose five times as much to rounding as direct sums do; ±5/8 and ±3/2 twice.
#ifndef TENON_TENSOR_CPU_WINOGRAD_TRANSFORM_H_
#define TENON_TENSOR_CPU_WINOGRAD_TRANSFORM_H_

#include "tensor/cpu/lanes.h"

namespace tenon::cpu::winograd {

inline constexpr int kIn = 6, kProducts = kIn * kIn;

/// Results of a filter of so many taps, per row and column of a tile.
inline constexpr int results_of(int taps) { return kIn + 1 - taps; }

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
[[gnu::flatten]] inline void transform_window(const Pixel& pixel, float* to, std::int64_t step) {
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

/// point^0, point^1, …, as factors of a scale.
template <int N>
struct Powers {
  constexpr Powers(float point, float scale) {
    for (int i = 0; i < N; ++i, scale *= point) of[i] = scale;
  }
  float of[N];
};

/// A^T, M x 6: the columns are the powers of 0, a, -a, b, -b, and of infinity, which has the last.
template <int M>
inline void evaluate(const Lanes (&m)[kIn], const Powers<M>& a, const Powers<M>& b, float zero,
                     Lanes (&y)[M]) {
  const Lanes sum_a = m[1] + m[2], difference_a = m[1] - m[2];
  const Lanes sum_b = m[3] + m[4], difference_b = m[3] - m[4];
  unrolled<M>([&](int i) {
    y[i] = i % 2 == 0 ? a.of[i] * sum_a + b.of[i] * sum_b
                      : a.of[i] * difference_a + b.of[i] * difference_b;
  });
  y[0] += zero * m[0];
  y[M - 1] += m[5];
}

/// Its transpose: from M numbers to 6.
template <int M>
inline void spread(const Lanes (&y)[M], const Powers<M>& a, const Powers<M>& b, float zero,
                   Lanes (&m)[kIn]) {
  static_assert(M >= 2 && M <= 5);
  const auto even = [&](const Powers<M>& p) {
    Lanes sum = p.of[0] * y[0];
    if constexpr (M > 2) sum += p.of[2] * y[2];
    if constexpr (M > 4) sum += p.of[4] * y[4];
    return sum;
  };
  const auto odd = [&](const Powers<M>& p) {
    Lanes sum = p.of[1] * y[1];
    if constexpr (M > 3) sum += p.of[3] * y[3];
    return sum;
  };
  const Lanes even_a = even(a), odd_a = odd(a), even_b = even(b), odd_b = odd(b);
  m[0] = zero * y[0];
  m[1] = even_a + odd_a;
  m[2] = even_a - odd_a;
  m[3] = even_b + odd_b;
  m[4] = even_b - odd_b;
  m[5] = y[M - 1];
}

/// A^T is M x 6 with the points' powers as they are, G is 6 x R with the points' powers scaled by
/// what interpolation divides by.
template <int M>
struct Results {
  static constexpr int kSize = M;
  static constexpr Powers<M> kOfA{kA, 1}, kOfB{kB, 1};
  static constexpr float kOfZero = 1;
};
template <int R>
struct Taps {
  static constexpr int kSize = R;
  static constexpr Powers<R> kOfA{kA, 0.5f / (kA2 * (kA2 - kB2))},
      kOfB{kB, 0.5f / (kB2 * (kB2 - kA2))};
  static constexpr float kOfZero = 1 / kA2B2;
};

/// A^T m A (of Results), or G^T m G (of Taps), where m's element i is at `m` + i `step`: calls
/// result(row, column, y) for each.
template <class To, class Result>
[[gnu::flatten]] inline void gather(const float* m, std::int64_t step, const Result& result) {
  constexpr int kSize = To::kSize;
  Lanes rows[kSize][kIn];
  unrolled<kIn>([&](int j) {
    Lanes column[kIn], y[kSize];
    unrolled<kIn>([&](int i) { column[i] = load(m + (i * kIn + j) * step); });
    evaluate<kSize>(column, To::kOfA, To::kOfB, To::kOfZero, y);
    unrolled<kSize>([&](int p) { rows[p][j] = y[p]; });
  });
  unrolled<kSize>([&](int p) {
    Lanes y[kSize];
    evaluate<kSize>(rows[p], To::kOfA, To::kOfB, To::kOfZero, y);
    unrolled<kSize>([&](int q) { result(p, q, y[q]); });
  });
}

/// A y A^T, or G g G^T, where value(row, column) loads y or g: element i goes to `to` + i `step`.
template <class From, class Value>
[[gnu::flatten]] inline void scatter(const Value& value, float* to, std::int64_t step) {
  constexpr int kSize = From::kSize;
  Lanes columns[kIn][kSize];
  unrolled<kSize>([&](int q) {
    Lanes y[kSize], m[kIn];
    unrolled<kSize>([&](int p) { y[p] = value(p, q); });
    spread<kSize>(y, From::kOfA, From::kOfB, From::kOfZero, m);
    unrolled<kIn>([&](int i) { columns[i][q] = m[i]; });
  });
  unrolled<kIn>([&](int i) {
    Lanes m[kIn];
    spread<kSize>(columns[i], From::kOfA, From::kOfB, From::kOfZero, m);
    unrolled<kIn>([&](int j) { store(to + (i * kIn + j) * step, m[j]); });
  });
}

}  // namespace tenon::cpu::winograd

#endif  // TENON_TENSOR_CPU_WINOGRAD_TRANSFORM_H_
