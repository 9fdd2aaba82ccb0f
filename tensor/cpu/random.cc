#include <algorithm>
#include <cmath>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/parallel.h"
#include "tensor/internal/philox.h"

namespace tenon::cpu {
namespace {

using internal::philox;
using internal::PhiloxBlock;

struct Four {
  double value[4];
};

Four transform(const RandomArgs& args, const PhiloxBlock& bits) {
  Four four;
  switch (args.distribution) {
    case Distribution::kUniform:
      for (int i = 0; i < 4; ++i) {
        four.value[i] = args.a + (args.b - args.a) * internal::unit_uniform(bits.word[i]);
      }
      break;
    case Distribution::kNormal:
      for (int i = 0; i < 4; i += 2) {
        float n0, n1;
        internal::unit_normals(bits.word[i], bits.word[i + 1], &n0, &n1);
        four.value[i] = args.a + args.b * n0;
        four.value[i + 1] = args.a + args.b * n1;
      }
      break;
    case Distribution::kBernoulli:
      for (int i = 0; i < 4; ++i) four.value[i] = internal::unit_uniform(bits.word[i]) < args.a;
      break;
    case Distribution::kRandint:
      for (int i = 0; i < 4; ++i) {
        four.value[i] = args.a + internal::below(bits.word[i],
                                                 static_cast<std::uint64_t>(args.b - args.a));
      }
      break;
  }
  return four;
}

float next_below(float value) { return std::nextafter(value, -INFINITY); }
double next_below(double value) { return std::nextafter(value, -INFINITY); }
template <class Half>
Half next_below(Half value) {
  const bool is_zero = (value.bits & 0x7fff) == 0, is_negative = value.bits & 0x8000;
  value.bits = static_cast<std::uint16_t>(is_zero ? 0x8001 : value.bits + (is_negative ? 1 : -1));
  return value;
}

/// The largest value of `dtype` below `bound`: numbers that would round up to it become this one.
double largest_below(double bound, DType dtype) {
  return dispatch_element(dtype, [bound]<class T>() -> double {
    if constexpr (std::is_integral_v<T>) {
      return bound;
    } else {
      T value = convert<T>(bound);
      while (convert<double>(value) >= bound) value = next_below(value);
      return convert<double>(value);
    }
  });
}

Run run_at(const Tensor& x, std::int64_t offset) {
  return {static_cast<std::byte*>(x.raw_data()) +
              offset * static_cast<std::int64_t>(size_of(x.dtype())),
          1, x.dtype()};
}

}  // namespace

void random(const RandomArgs& args, const Tensor& out) {
  const bool half_open = args.distribution == Distribution::kUniform && args.a < args.b;
  const double highest = half_open ? largest_below(args.b, out.dtype()) : INFINITY;
  // Ranges begin at multiples of 64, so that each block of four belongs to one thread.
  parallel_for(out.numel(), kGrain / 8, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; i += 4) {
      Four four =
          transform(args, philox(args.seed, args.offset + static_cast<std::uint64_t>(i / 4)));
      for (double& value : four.value) value = std::min(value, highest);
      scatter(four.value, std::min<std::int64_t>(4, end - i), run_at(out, i));
    }
  });
}

void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset,
             const Tensor& out, const Tensor& mask) {
  dispatch_compute(x.dtype(), [&]<class C>() {
    const C scale = static_cast<C>(1 / (1 - p));
    const float threshold = static_cast<float>(p);
    parallel_for(x.numel(), kGrain / 8, [&](std::int64_t begin, std::int64_t end) {
      alignas(kBufferAlignment) C buffer[kChunk], factors[kChunk], products[kChunk];
      for (std::int64_t i = begin; i < end; i += kChunk) {
        const std::int64_t n = std::min(kChunk, end - i);
        for (std::int64_t j = 0; j < n; j += 4) {
          const PhiloxBlock bits = philox(seed, offset + static_cast<std::uint64_t>((i + j) / 4));
          for (int lane = 0; lane < 4; ++lane) {  // kChunk is a multiple of 4
            factors[j + lane] =
                internal::unit_uniform(bits.word[lane]) >= threshold ? scale : C{0};
          }
        }
        const C* values = contiguous_run(run_at(x, i), n, buffer);
        for (std::int64_t j = 0; j < n; ++j) products[j] = values[j] * factors[j];
        scatter(factors, n, run_at(mask, i));
        scatter(products, n, run_at(out, i));
      }
    });
  });
}

}  // namespace tenon::cpu
