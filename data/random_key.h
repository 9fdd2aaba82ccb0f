// What the random numbers of a batch depend on, and the generators made of it: never on which
// thread prepares the batch, nor on what was prepared before.
//
//   DataLoaderOptions options{.workers = 2, .transform = [](Batch& batch, const BatchKey& key) {
//     std::vector<Generator> generators = example_generators(key, batch.indices);
//     batch.inputs = augment(batch.inputs, generators);        // data/image/compose.h
//   }};
#ifndef TENON_DATA_RANDOM_KEY_H_
#define TENON_DATA_RANDOM_KEY_H_

#include <cstdint>
#include <vector>

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::data {

struct BatchKey {
  std::uint64_t seed = 0;   ///< the loader's
  std::int64_t epoch = 0;   ///< from 0
  std::int64_t number = 0;  ///< of the batch within its epoch, from 0
};

/// A stream for example `index`, which depends on (seed, epoch, index) alone: an example is changed
/// in the same way whatever batch it comes in.
Generator example_generator(const BatchKey& key, std::int64_t index);
/// One for each of indices [B] i64.
std::vector<Generator> example_generators(const BatchKey& key, const Tensor& indices);
/// A stream for what happens to the batch as a whole: depends on (seed, epoch, number).
Generator batch_generator(const BatchKey& key);

/// The next number of a stream, uniform in [0, 1) with 32 bits.
inline double next_unit(Generator& generator) { return generator.next_u32() * 0x1p-32; }
inline double next_uniform(Generator& generator, double low, double high) {
  return low + (high - low) * next_unit(generator);
}

}  // namespace tenon::data

#endif  // TENON_DATA_RANDOM_KEY_H_
