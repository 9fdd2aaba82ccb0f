// Random numbers from a counter-based generator (Philox 4x32-10; Salmon et al. 2011, "Parallel
// random numbers: as easy as 1, 2, 3", §3): element i of a call depends on (seed, offset, i) only,
// so results are the same on every device and with any number of threads.
#ifndef TENON_TENSOR_RANDOM_H_
#define TENON_TENSOR_RANDOM_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon {

/// A stream of random numbers. Copy it to repeat a part of the stream; save `seed()` and `offset()`
/// to go on later. One generator must not be used from two threads at once.
class Generator {
 public:
  explicit Generator(std::uint64_t seed = 0, std::uint64_t offset = 0)
      : seed_(seed), offset_(offset) {}

  std::uint64_t seed() const { return seed_; }
  /// Counter blocks (of four 32-bit numbers) used so far.
  std::uint64_t offset() const { return offset_; }
  /// Reserves the blocks that `count` 32-bit numbers take and returns the first one's offset.
  std::uint64_t reserve(std::int64_t count) {
    const std::uint64_t first = offset_;
    offset_ += (static_cast<std::uint64_t>(count) + 3) / 4;
    return first;
  }
  /// The next 32 uniform bits (uses a whole block).
  std::uint32_t next_u32();
  /// Uniform in [0, bound), without bias. Throws ValueError for bound 0.
  std::uint64_t next_below(std::uint64_t bound);

 private:
  std::uint64_t seed_;
  std::uint64_t offset_;
};

/// The generator used where none is given: one per thread, seeded with 0 at its start.
Generator& default_generator();
/// Restarts this thread's default generator.
void manual_seed(std::uint64_t seed);

/// Uniform in [low, high). Floating dtypes.
Tensor rand(const Shape& shape, Generator& generator, const TensorOptions& options = {});
Tensor uniform(const Shape& shape, double low, double high, Generator& generator,
               const TensorOptions& options = {});
/// Normal by Box–Muller. Floating dtypes. Throws ValueError for a negative deviation.
Tensor randn(const Shape& shape, Generator& generator, const TensorOptions& options = {});
Tensor normal(const Shape& shape, double mean, double deviation, Generator& generator,
              const TensorOptions& options = {});
/// Integers in [low, high), both within ±2^53 and at most 2^32 apart. Throws ValueError for other
/// ranges and for an empty one.
Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape, Generator& generator,
               const TensorOptions& options = {.dtype = DType::kI64});
/// 1 with the given probability, else 0. Throws ValueError outside [0, 1].
Tensor bernoulli(const Shape& shape, double probability, Generator& generator,
                 const TensorOptions& options = {});
/// 1 with the probability that each element gives, else 0, in its dtype (floating). Probabilities
/// outside [0, 1] and NaN throw ValueError.
Tensor bernoulli(const Tensor& probabilities, Generator& generator = default_generator());
/// 0 … n-1 in random order, i64 (Fisher–Yates on the host).
Tensor randperm(std::int64_t n, Generator& generator);

inline Tensor rand(const Shape& shape) { return rand(shape, default_generator()); }
inline Tensor randn(const Shape& shape) { return randn(shape, default_generator()); }
inline Tensor randint(std::int64_t low, std::int64_t high, const Shape& shape) {
  return randint(low, high, shape, default_generator());
}
inline Tensor randperm(std::int64_t n) { return randperm(n, default_generator()); }

/// With the prototype's shape, dtype and device, row-major: the same numbers for every memory
/// order.
Tensor rand_like(const Tensor& prototype, Generator& generator = default_generator());
Tensor randn_like(const Tensor& prototype, Generator& generator = default_generator());
Tensor randint_like(const Tensor& prototype, std::int64_t low, std::int64_t high,
                    Generator& generator = default_generator());

}  // namespace tenon

#endif  // TENON_TENSOR_RANDOM_H_
