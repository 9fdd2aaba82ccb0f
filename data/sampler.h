// Which examples an epoch takes, and in which order.
//
//   auto rare = std::make_shared<WeightedSampler>(weights, /*count=*/10000, /*seed=*/1);
//   DataLoader loader(train, {.batch_size = 64, .sampler = rare});
//
// An order depends on the sampler's own values and on the epoch's number alone.
#ifndef TENON_DATA_SAMPLER_H_
#define TENON_DATA_SAMPLER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::data {

using Indices = std::vector<std::int64_t>;

class Sampler {
 public:
  virtual ~Sampler() = default;

  /// Number of examples of each epoch.
  virtual std::int64_t size() const = 0;
  /// Their indices, size() of them. `epoch` counts from 0.
  virtual Indices order(std::int64_t epoch) const = 0;
};

/// 0 … n-1. Throws ValueError for a negative n, as do the others.
class SequentialSampler final : public Sampler {
 public:
  explicit SequentialSampler(std::int64_t n);
  std::int64_t size() const override { return n_; }
  Indices order(std::int64_t epoch) const override;

 private:
  std::int64_t n_;
};

/// 0 … n-1 in a new random order each epoch.
class RandomSampler final : public Sampler {
 public:
  RandomSampler(std::int64_t n, std::uint64_t seed);
  std::int64_t size() const override { return n_; }
  Indices order(std::int64_t epoch) const override;

 private:
  std::int64_t n_;
  std::uint64_t seed_;
};

/// Given indices in a new random order each epoch.
class SubsetRandomSampler final : public Sampler {
 public:
  SubsetRandomSampler(Indices indices, std::uint64_t seed);
  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  Indices order(std::int64_t epoch) const override;

 private:
  Indices indices_;
  std::uint64_t seed_;
};

/// `count` draws per epoch, index i with probability weights[i] / sum. With replacement an index
/// may come again; without, the draws are successive ones from what is left (Efraimidis & Spirakis
/// 2006, "Weighted random sampling with a reservoir", algorithm A).
class WeightedSampler final : public Sampler {
 public:
  /// weights [N] f32 or f64. Throws ShapeError, DTypeError; ValueError for a negative, infinite or
  /// NaN weight, where all are 0, and without replacement where fewer than `count` are above 0.
  WeightedSampler(const Tensor& weights, std::int64_t count, std::uint64_t seed,
                  bool replacement = true);
  std::int64_t size() const override { return count_; }
  Indices order(std::int64_t epoch) const override;

 private:
  std::vector<double> weights_;
  std::int64_t count_;
  std::uint64_t seed_;
  bool replacement_;
};

struct ShardOptions {
  std::int64_t shards = 1;
  std::int64_t shard = 0;  ///< which of them, from 0
  bool drop_last = false;  ///< leave out up to shards - 1 examples, instead of taking some twice
};

/// Every process' part of another sampler's order: positions shard, shard + shards, … All parts are
/// of one size: what is missing at the end is taken from the start of the order, or left out.
class ShardSampler final : public Sampler {
 public:
  /// Throws ValueError for fewer than one shard, or a shard outside [0, shards).
  ShardSampler(std::shared_ptr<const Sampler> whole, const ShardOptions& options);
  std::int64_t size() const override;
  Indices order(std::int64_t epoch) const override;

 private:
  std::shared_ptr<const Sampler> whole_;
  ShardOptions options_;
};

/// Which examples go into one batch together.
class BatchSampler {
 public:
  virtual ~BatchSampler() = default;

  /// Number of batches of each epoch.
  virtual std::int64_t size() const = 0;
  /// The indices of each batch, size() of them, none empty.
  virtual std::vector<Indices> batches(std::int64_t epoch) const = 0;
};

/// A sampler's order cut into batches of one size, but perhaps the last.
class FixedBatches final : public BatchSampler {
 public:
  /// Throws ValueError for a batch size below 1.
  FixedBatches(std::shared_ptr<const Sampler> sampler, std::int64_t batch_size, bool drop_last);
  std::int64_t size() const override;
  std::vector<Indices> batches(std::int64_t epoch) const override;

 private:
  std::shared_ptr<const Sampler> sampler_;
  std::int64_t batch_size_;
  bool drop_last_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_SAMPLER_H_
