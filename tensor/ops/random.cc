#include "tensor/random.h"

#include <utility>

#include "tensor/backend.h"
#include "tensor/captured_step.h"
#include "tensor/internal/check.h"
#include "tensor/internal/philox.h"
#include "tensor/internal/unowned.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

Tensor draw(const char* op, const Shape& shape, Distribution distribution, double a, double b,
            Generator& generator, const TensorOptions& options, bool floating = true) {
  if (floating && !is_floating(options.dtype)) {
    throw DTypeError("[" + std::string(op) + "] expected a floating dtype, got " +
                     std::string(name(options.dtype)));
  }
  Tensor out = empty(shape, options);
  const auto fill = [=, &generator](const Tensor& out) {
    const RandomArgs args{.distribution = distribution,
                          .seed = generator.seed(),
                          .offset = generator.reserve(out.numel()),
                          .a = a,
                          .b = b};
    backend(options.device).random(args, out);
  };
  if (is_recording_step()) {
    each_step([fill, there = internal::unowned(out)] { fill(there); });
  } else {
    fill(out);
  }
  return out;
}

/// dropout, where elements lie alike in all three.
void drop(const Tensor& x, double p, Generator& generator, const Tensor& out, const Tensor& mask) {
  const std::uint64_t offset = generator.reserve(x.numel());
  backend(x.device()).dropout(x, p, generator.seed(), offset, out, mask);
}

}  // namespace

std::uint32_t Generator::next_u32() { return internal::philox(seed_, offset_++).word[0]; }

std::uint64_t Generator::next_below(std::uint64_t bound) {
  if (bound == 0) throw ValueError("[next_below] expected a bound above 0, got 0");
  const std::uint64_t limit = UINT64_MAX - UINT64_MAX % bound;  // reject the uneven tail
  for (;;) {
    const internal::PhiloxBlock block = internal::philox(seed_, offset_++);
    const std::uint64_t bits = std::uint64_t{block.word[0]} << 32 | block.word[1];
    if (bits < limit) return bits % bound;
  }
}

Generator& default_generator() {
  thread_local Generator generator;
  return generator;
}

void manual_seed(std::uint64_t seed) { default_generator() = Generator(seed); }

Tensor rand(const Shape& shape, Generator& generator, const TensorOptions& options) {
  return draw("rand", shape, Distribution::kUniform, 0, 1, generator, options);
}

Tensor uniform(const Shape& shape, double low, double high, Generator& generator,
               const TensorOptions& options) {
  if (!(low <= high)) {
    throw ValueError("[uniform] expected low <= high, got " + std::to_string(low) + " and " +
                     std::to_string(high));
  }
  return draw("uniform", shape, Distribution::kUniform, low, high, generator, options);
}

Tensor randn(const Shape& shape, Generator& generator, const TensorOptions& options) {
  return draw("randn", shape, Distribution::kNormal, 0, 1, generator, options);
}

Tensor normal(const Shape& shape, double mean, double deviation, Generator& generator,
              const TensorOptions& options) {
  if (!(deviation >= 0)) {
    throw ValueError("[normal] expected deviation >= 0, got " + std::to_string(deviation));
  }
  return draw("normal", shape, Distribution::kNormal, mean, deviation, generator, options);
}

Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator,
               const TensorOptions& options) {
  constexpr std::int64_t kExact = INT64_C(1) << 53;  // kernels count in f64
  const bool exact = low >= -kExact && high <= kExact;
  if (low >= high || !exact || high - low > INT64_C(0x100000000)) {
    throw ValueError("[randint] expected low < high <= low + 2^32, both within 2^53, got " +
                     std::to_string(low) + " and " + std::to_string(high));
  }
  return draw("randint", shape, Distribution::kRandint, static_cast<double>(low),
              static_cast<double>(high), generator, options, false);
}

Tensor bernoulli(const Shape& shape, double probability, Generator& generator,
                 const TensorOptions& options) {
  if (!(probability >= 0 && probability <= 1)) {
    throw ValueError("[bernoulli] expected a probability in [0, 1], got " +
                     std::to_string(probability));
  }
  return draw("bernoulli", shape, Distribution::kBernoulli, probability, 0, generator, options,
              false);
}

Tensor bernoulli(const Tensor& probabilities, Generator& generator) {
  internal::check_floating("bernoulli", "probabilities", probabilities);
  if (probabilities.numel() == 0) return zeros_like(probabilities);
  const double low = min(probabilities).item<double>(), high = max(probabilities).item<double>();
  if (!(low >= 0 && high <= 1)) {
    throw ValueError("[bernoulli] expected probabilities in [0, 1], got " + std::to_string(low) +
                     " to " + std::to_string(high));
  }
  const Tensor drawn = rand(probabilities.shape(), generator, {.device = probabilities.device()});
  return lt(drawn, probabilities).to(probabilities.dtype());
}

Tensor rand_like(const Tensor& prototype, Generator& generator) {
  internal::check_defined("rand_like", "prototype", prototype);
  return rand(prototype.shape(), generator, prototype.options());
}

Tensor randn_like(const Tensor& prototype, Generator& generator) {
  internal::check_defined("randn_like", "prototype", prototype);
  return randn(prototype.shape(), generator, prototype.options());
}

Tensor randint_like(const Tensor& prototype, std::int64_t low, std::int64_t high,
                    Generator& generator) {
  internal::check_defined("randint_like", "prototype", prototype);
  return randint(low, high, prototype.shape(), generator, prototype.options());
}

Tensor randperm(std::int64_t n, Generator& generator) {
  if (n < 0) throw ValueError("[randperm] expected n >= 0, got " + std::to_string(n));
  Tensor out = arange(0, static_cast<double>(n));
  auto* values = out.data<std::int64_t>();
  for (std::int64_t i = n - 1; i > 0; --i) {
    std::swap(values[i], values[generator.next_below(static_cast<std::uint64_t>(i) + 1)]);
  }
  return out;
}

std::pair<Tensor, Tensor> dropout(const Tensor& x, double p, Generator& generator) {
  internal::check_floating("dropout", "x", x);
  if (!(p >= 0 && p < 1)) {
    throw ValueError("[dropout] expected p in [0, 1), got " + std::to_string(p));
  }
  Tensor out = empty_like(x);
  Tensor mask = empty_like(x);
  // Elements are numbered in memory order, so the source must lie as the results do.
  const Tensor source = x.strides() == out.strides() ? x : x.contiguous();
  if (is_recording_step()) {
    each_step([=, &generator, source = internal::unowned(source), out = internal::unowned(out),
               mask = internal::unowned(mask)] { drop(source, p, generator, out, mask); });
  } else {
    drop(source, p, generator, out, mask);
  }
  return {out, mask};
}

}  // namespace tenon
