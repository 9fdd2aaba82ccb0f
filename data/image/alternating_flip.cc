#include "data/image/alternating_flip.h"

#include <vector>

#include "data/image/geometry.h"

namespace tenon::data {
namespace {

/// The coins are drawn from streams of no epoch's, so that they are independent of what else
/// happens to an image.
constexpr std::int64_t kNoEpoch = -1;

}  // namespace

void AlternatingFlip::operator()(Batch& batch, const BatchKey& key) const {
  std::vector<double> flips;
  for (const std::int64_t index : batch.indices.to_vector<std::int64_t>()) {
    Generator coin = example_generator({.seed = key.seed, .epoch = kNoEpoch}, index);
    const bool heads = (coin.next_u32() >> 31) != 0;
    flips.push_back(heads == (key.epoch % 2 == 0));
  }
  batch.inputs = flip_horizontal(batch.inputs, std::move(flips));
}

}  // namespace tenon::data
