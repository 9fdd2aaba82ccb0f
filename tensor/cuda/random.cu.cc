// Random numbers: element i takes word i of the Philox stream, as on the CPU. Uniform, Bernoulli
// and integer draws have the CPU's bits; normal ones agree to the rounding of log, cos and sin.
#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/kernels.h"
#include "tensor/internal/largest_below.h"
#include "tensor/internal/philox.h"

namespace tenon::cuda {
namespace {

using internal::PhiloxBlock;

struct Draw {
  static constexpr const char* kName = "random";
  RandomArgs args;
  double highest;  // numbers above it become it
  std::int64_t count;
  Elements out;

  /// The four elements of one block of words.
  TENON_HOST_DEVICE void operator()(std::int64_t block) const {
    const PhiloxBlock words =
        internal::philox(args.seed, args.offset + static_cast<std::uint64_t>(block));
    double values[4];
    transform(words, values);
    for (int i = 0; i < 4 && 4 * block + i < count; ++i) {
      const double value = values[i] > highest ? highest : values[i];
      store<double, Dtypes::kAny>(out, 4 * block + i, value);
    }
  }

 private:
  TENON_HOST_DEVICE void transform(const PhiloxBlock& words, double (&values)[4]) const {
    for (int i = 0; i < 4; ++i) {
      switch (args.distribution) {
        case Distribution::kUniform:
          values[i] = args.a + (args.b - args.a) * internal::unit_uniform(words.word[i]);
          break;
        case Distribution::kBernoulli:
          values[i] = internal::unit_uniform(words.word[i]) < args.a;
          break;
        case Distribution::kRandint:
          values[i] =
              args.a + internal::below(words.word[i], static_cast<std::uint64_t>(args.b - args.a));
          break;
        default:
          values[i] = normal(words, i);
      }
    }
  }
  TENON_HOST_DEVICE double normal(const PhiloxBlock& words, int i) const {
    float n[2];
    internal::unit_normals(words.word[i / 2 * 2], words.word[i / 2 * 2 + 1], &n[0], &n[1]);
    return args.a + args.b * n[i % 2];
  }
};

template <class C>
struct Dropout {
  static constexpr const char* kName = "dropout";
  Elements x, out, mask;
  std::int64_t count;
  std::uint64_t seed, offset;
  float threshold;
  C scale;

  TENON_HOST_DEVICE void operator()(std::int64_t block) const {
    const PhiloxBlock words = internal::philox(seed, offset + static_cast<std::uint64_t>(block));
    const std::int64_t first = 4 * block;
    if (first + 4 > count) {
      for (std::int64_t i = first; i < count; ++i) {
        const C factor = factor_of(words.word[i - first]);
        store<C>(mask, i, factor);
        store<C>(out, i, load<C>(x, i) * factor);
      }
      return;
    }
    C values[4], factors[4];
    load<C, 4>(x, first, values);
    for (int i = 0; i < 4; ++i) {
      factors[i] = factor_of(words.word[i]);
      values[i] *= factors[i];
    }
    store<C, 4>(mask, first, factors);
    store<C, 4>(out, first, values);
  }

 private:
  TENON_HOST_DEVICE C factor_of(std::uint32_t word) const {
    return internal::unit_uniform(word) >= threshold ? scale : C{0};
  }
};

std::int64_t blocks_of(const Tensor& x) { return (x.numel() + 3) / 4; }

bool is_aligned(const Tensor& x) {
  return reinterpret_cast<std::uintptr_t>(x.raw_data()) % pack_alignment(x.dtype(), 4) == 0;
}

}  // namespace

void random(const RandomArgs& args, const Tensor& out) {
  const bool half_open = args.distribution == Distribution::kUniform && args.a < args.b;
  const double highest = half_open ? internal::largest_below(args.b, out.dtype()) : HUGE_VAL;
  launch_items(blocks_of(out), Draw{args, highest, out.numel(), {out.raw_data(), out.dtype()}});
}

void dropout(const Tensor& x, double p, std::uint64_t seed, std::uint64_t offset, const Tensor& out,
             const Tensor& mask) {
  if (!is_aligned(x)) return dropout(x.clone(), p, seed, offset, out, mask);  // a view's element
  dispatch_floating(x.dtype(), [&]<class C>() {
    launch_items(blocks_of(x), Dropout<C>{{x.raw_data(), x.dtype()},
                                          {out.raw_data(), out.dtype()},
                                          {mask.raw_data(), mask.dtype()},
                                          x.numel(),
                                          seed,
                                          offset,
                                          static_cast<float>(p),
                                          static_cast<C>(1 / (1 - p))});
  });
}

}  // namespace tenon::cuda
