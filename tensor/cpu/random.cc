#include <algorithm>
#include <cmath>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/cpu/philox_words.h"
#include "tensor/internal/largest_below.h"
#include "tensor/internal/philox.h"

namespace tenon::cpu {
namespace {

/// values[0 .. count) from as many words; count is even.
void transform(const RandomArgs& args, const std::uint32_t* words, std::int64_t count,
               double* values) {
  switch (args.distribution) {
    case Distribution::kUniform:
      for (std::int64_t i = 0; i < count; ++i) {
        values[i] = args.a + (args.b - args.a) * internal::unit_uniform(words[i]);
      }
      break;
    case Distribution::kNormal:
      for (std::int64_t i = 0; i < count; i += 2) {
        float n0, n1;
        internal::unit_normals(words[i], words[i + 1], &n0, &n1);
        values[i] = args.a + args.b * n0;
        values[i + 1] = args.a + args.b * n1;
      }
      break;
    case Distribution::kBernoulli:
      for (std::int64_t i = 0; i < count; ++i) {
        values[i] = internal::unit_uniform(words[i]) < args.a;
      }
      break;
    case Distribution::kRandint: {
      const auto range = static_cast<std::uint64_t>(args.b - args.a);
      for (std::int64_t i = 0; i < count; ++i)
        values[i] = args.a + internal::below(words[i], range);
      break;
    }
  }
}

/// fn(i, n, words) for runs of n <= kChunk elements from element i on. Ranges begin at multiples of
/// 64, so that each block of four words belongs to one thread; element i takes word i.
template <class F>
void for_each_chunk_of_words(std::int64_t numel, std::uint64_t seed, std::uint64_t offset,
                             const F& fn) {
  parallel_for(numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
    alignas(kBufferAlignment) std::uint32_t words[kChunk];  // kChunk is a multiple of 4
    for (std::int64_t i = begin; i < end; i += kChunk) {
      const std::int64_t n = std::min(kChunk, end - i);
      philox_words(seed, offset + static_cast<std::uint64_t>(i / 4), (n + 3) / 4, words);
      fn(i, n, words);
    }
  });
}

Run run_at(const Tensor& x, std::int64_t offset) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          1, x.dtype()};
}

/// factors = scale or 0, products = values factors. By itself and with nothing that overlaps, so
/// that the compiler selects: a branch per number is guessed wrong as often as the rarer case
/// occurs.
template <class C>
void drop(const C* __restrict values, const std::uint32_t* __restrict words, std::int64_t count,
          float threshold, C scale, C* __restrict factors, C* __restrict products) {
  for (std::int64_t i = 0; i < count; ++i) {
    const C factor = internal::unit_uniform(words[i]) >= threshold ? scale : C{0};
    factors[i] = factor;
    products[i] = values[i] * factor;
  }
}

}  // namespace

void random(const RandomArgs& args, const Tensor& out) {
  const bool half_open = args.distribution == Distribution::kUniform && args.a < args.b;
  const double highest = half_open ? internal::largest_below(args.b, out.dtype()) : INFINITY;
  for_each_chunk_of_words(out.numel(), args.seed, args.offset,
                          [&](std::int64_t i, std::int64_t n, const std::uint32_t* words) {
                            alignas(kBufferAlignment) double values[kChunk];
                            transform(args, words, (n + 1) / 2 * 2, values);
                            for (std::int64_t j = 0; j < n; ++j)
                              values[j] = std::min(values[j], highest);
                            scatter(values, n, run_at(out, i));
                          });
}

void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset, const Tensor& out,
             const Tensor& mask) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    const C scale = static_cast<C>(1 / (1 - p));
    const float threshold = static_cast<float>(p);
    for_each_chunk_of_words(
        x.numel(), seed, offset, [&](std::int64_t i, std::int64_t n, const std::uint32_t* words) {
          alignas(kBufferAlignment) C buffer[kChunk], factors[kChunk], products[kChunk];
          const C* values = contiguous_run(run_at(x, i), n, buffer);
          if (x.dtype() == dtype_of<C>) {
            return drop(values, words, n, threshold, scale, mask.data<C>() + i, out.data<C>() + i);
          }
          drop(values, words, n, threshold, scale, factors, products);
          scatter(factors, n, run_at(mask, i));
          scatter(products, n, run_at(out, i));
        });
  });
}

}  // namespace tenon::cpu
