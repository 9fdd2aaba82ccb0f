#include "data/random_key.h"

namespace tenon::data {
namespace {

// The finalizer of SplitMix64 (Steele et al. 2014, "Fast splittable pseudorandom number
// generators", figure 17): a bijection that spreads each input bit over all output bits.
std::uint64_t mix(std::uint64_t bits) {
  bits += 0x9e3779b97f4a7c15;
  bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ (bits >> 27)) * 0x94d049bb133111eb;
  return bits ^ (bits >> 31);
}

// Keep the two kinds of stream apart from each other and from those of the loader's orders:
// "example" and "batch" in ASCII.
constexpr std::uint64_t kExample = 0x6578616d706c65;
constexpr std::uint64_t kBatch = 0x6261746368;

Generator stream(std::uint64_t kind, const BatchKey& key, std::int64_t number) {
  const std::uint64_t epoch = mix(mix(key.seed ^ kind) ^ static_cast<std::uint64_t>(key.epoch));
  return Generator(mix(epoch ^ static_cast<std::uint64_t>(number)));
}

}  // namespace

Generator example_generator(const BatchKey& key, std::int64_t index) {
  return stream(kExample, key, index);
}

std::vector<Generator> example_generators(const BatchKey& key, const Tensor& indices) {
  std::vector<Generator> generators;
  generators.reserve(static_cast<std::size_t>(indices.numel()));
  for (const std::int64_t index : indices.to_vector<std::int64_t>()) {
    generators.push_back(example_generator(key, index));
  }
  return generators;
}

Generator batch_generator(const BatchKey& key) { return stream(kBatch, key, key.number); }

}  // namespace tenon::data
