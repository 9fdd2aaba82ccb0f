#include "data/sampler.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <span>
#include <string>
#include <utility>

#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::data {
namespace {

// Keeps these random numbers apart from those of other users of the same seed, such as the initial
// weights: "loader" in ASCII.
constexpr std::uint64_t kStream = 0x6c6f61646572;

// Counter blocks set aside for each epoch's order: more than any order takes.
constexpr std::uint64_t kBlocksPerEpoch = std::uint64_t{1} << 40;

Generator epoch_generator(std::uint64_t seed, std::int64_t epoch) {
  return Generator(seed ^ kStream, static_cast<std::uint64_t>(epoch) * kBlocksPerEpoch);
}

void check_count(std::int64_t n, const char* what) {
  if (n >= 0) return;
  throw ValueError("[sampler] expected " + std::string(what) + " from 0, got " + std::to_string(n));
}

Indices permutation(std::int64_t n, std::uint64_t seed, std::int64_t epoch) {
  Generator generator = epoch_generator(seed, epoch);
  return randperm(n, generator).to_vector<std::int64_t>();
}

std::vector<double> checked_weights(const Tensor& weights) {
  if (weights.ndim() != 1) {
    throw ShapeError("[weighted_sampler] expected weights [N], got " + to_string(weights.shape()));
  }
  if (weights.dtype() != DType::kF32 && weights.dtype() != DType::kF64) {
    throw DTypeError("[weighted_sampler] expected weights f32 or f64, got " +
                     std::string(name(weights.dtype())));
  }
  std::vector<double> values = weights.to(DType::kF64).to_vector<double>();
  for (const double value : values) {
    if (std::isfinite(value) && value >= 0) continue;
    throw ValueError("[weighted_sampler] expected finite weights from 0, got " +
                     std::to_string(value));
  }
  return values;
}

// 53 uniform bits in (0, 1].
double next_unit53(Generator& generator) {
  const std::uint64_t high = generator.next_u32() >> 5, low = generator.next_u32() >> 6;
  return (static_cast<double>(high << 26 | low) + 1) * 0x1p-53;
}

Indices with_replacement(std::span<const double> weights, std::int64_t count, Generator generator) {
  std::vector<double> sums(weights.size());
  std::partial_sum(weights.begin(), weights.end(), sums.begin());
  Indices order(static_cast<std::size_t>(count));
  for (std::int64_t& index : order) {
    // In (0, sum]: the first sum that reaches it ends a weight above 0.
    const double at = next_unit53(generator) * sums.back();
    const auto it = std::lower_bound(sums.begin(), sums.end() - 1, at);
    index = it - sums.begin();
  }
  return order;
}

// The `count` smallest of Exp(1) / weight, in order: the first to ring of clocks that run at the
// speed of their weights, which is algorithm A with logarithms taken.
Indices without_replacement(std::span<const double> weights, std::int64_t count,
                            Generator generator) {
  std::vector<std::pair<double, std::int64_t>> clocks;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const double ring = -std::log(next_unit53(generator));
    if (weights[i] > 0) clocks.emplace_back(ring / weights[i], static_cast<std::int64_t>(i));
  }
  std::partial_sort(clocks.begin(), clocks.begin() + count, clocks.end());
  Indices order(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = clocks[i].second;
  return order;
}

}  // namespace

SequentialSampler::SequentialSampler(std::int64_t n) : n_(n) { check_count(n, "a size"); }

Indices SequentialSampler::order(std::int64_t /*epoch*/) const {
  Indices order(static_cast<std::size_t>(n_));
  std::iota(order.begin(), order.end(), std::int64_t{0});
  return order;
}

RandomSampler::RandomSampler(std::int64_t n, std::uint64_t seed) : n_(n), seed_(seed) {
  check_count(n, "a size");
}

Indices RandomSampler::order(std::int64_t epoch) const { return permutation(n_, seed_, epoch); }

SubsetRandomSampler::SubsetRandomSampler(Indices indices, std::uint64_t seed)
    : indices_(std::move(indices)), seed_(seed) {}

Indices SubsetRandomSampler::order(std::int64_t epoch) const {
  Indices order = permutation(size(), seed_, epoch);
  for (std::int64_t& position : order) position = indices_[static_cast<std::size_t>(position)];
  return order;
}

WeightedSampler::WeightedSampler(const Tensor& weights, std::int64_t count, std::uint64_t seed,
                                 bool replacement)
    : weights_(checked_weights(weights)), count_(count), seed_(seed), replacement_(replacement) {
  check_count(count, "a count");
  const auto positive =
      std::count_if(weights_.begin(), weights_.end(), [](double w) { return w > 0; });
  const std::int64_t needed = replacement ? std::min<std::int64_t>(count, 1) : count;
  if (positive < needed) {
    throw ValueError("[weighted_sampler] expected at least " + std::to_string(needed) +
                     " weights above 0, got " + std::to_string(positive));
  }
}

Indices WeightedSampler::order(std::int64_t epoch) const {
  if (count_ == 0) return {};
  Generator generator = epoch_generator(seed_, epoch);
  return replacement_ ? with_replacement(weights_, count_, generator)
                      : without_replacement(weights_, count_, generator);
}

ShardSampler::ShardSampler(std::shared_ptr<const Sampler> whole, const ShardOptions& options)
    : whole_(std::move(whole)), options_(options) {
  if (options.shards < 1 || options.shard < 0 || options.shard >= options.shards) {
    throw ValueError("[shard_sampler] expected a shard in [0, shards), got " +
                     std::to_string(options.shard) + " of " + std::to_string(options.shards));
  }
}

std::int64_t ShardSampler::size() const {
  const std::int64_t rounded_up = options_.drop_last ? 0 : options_.shards - 1;
  return (whole_->size() + rounded_up) / options_.shards;
}

Indices ShardSampler::order(std::int64_t epoch) const {
  const Indices whole = whole_->order(epoch);
  Indices order(static_cast<std::size_t>(size()));
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto position =
        static_cast<std::size_t>(options_.shard) + i * static_cast<std::size_t>(options_.shards);
    order[i] = whole[position % whole.size()];
  }
  return order;
}

FixedBatches::FixedBatches(std::shared_ptr<const Sampler> sampler, std::int64_t batch_size,
                           bool drop_last)
    : sampler_(std::move(sampler)), batch_size_(batch_size), drop_last_(drop_last) {
  if (batch_size_ < 1) {
    throw ValueError("[data_loader] expected batch_size of at least 1, got " +
                     std::to_string(batch_size_));
  }
}

std::int64_t FixedBatches::size() const {
  const std::int64_t full = sampler_->size() / batch_size_;
  const bool has_rest = sampler_->size() % batch_size_ != 0;
  return has_rest && !drop_last_ ? full + 1 : full;
}

std::vector<Indices> FixedBatches::batches(std::int64_t epoch) const {
  const Indices order = sampler_->order(epoch);
  std::vector<Indices> batches(static_cast<std::size_t>(size()));
  const auto step = static_cast<std::size_t>(batch_size_);
  for (std::size_t b = 0; b < batches.size(); ++b) {
    const auto begin = order.begin() + static_cast<std::ptrdiff_t>(b * step);
    const auto left = static_cast<std::size_t>(order.end() - begin);
    batches[b].assign(begin, begin + static_cast<std::ptrdiff_t>(std::min(step, left)));
  }
  return batches;
}

}  // namespace tenon::data
