// Goes through a data set in batches, in an order that can be repeated exactly.
//
//   DataLoader loader(train, {.batch_size = 64, .shuffle = true, .seed = 1, .workers = 2});
//   for (int epoch = 0; epoch < 10; ++epoch) {
//     for (const Batch& batch : loader) step(batch.inputs, batch.targets);
//   }
//
// Order and random changes of an epoch depend on (seed, epoch, index) alone: any number of workers
// gives the same bits. So training that stopped in the middle of an epoch goes on with the very
// batch that would have come next:
//
//   LoaderState state = loader.state();     // save it with the model
//   other_loader.restore(state);
#ifndef TENON_DATA_DATA_LOADER_H_
#define TENON_DATA_DATA_LOADER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "data/dataset.h"
#include "data/prefetcher.h"
#include "data/random_key.h"
#include "data/sampler.h"

namespace tenon::data {

struct DataLoaderOptions {
  std::int64_t batch_size = 32;
  bool shuffle = false;    ///< a new random order each epoch, instead of the data set's own
  bool drop_last = false;  ///< leave out a last batch that is smaller than batch_size
  std::uint64_t seed = 0;  ///< of the random orders and of `transform`
  /// Threads that make batches ahead of the loop; 0 makes each when the loop asks for it, on the
  /// caller's thread and with all the threads that tensors use. A worker computes alone, on another
  /// processor than the one that the loop began on, where there is one.
  int workers = 0;
  int prefetch = 2;  ///< batches that each worker makes ahead, at most
  /// Changes each batch, on the thread that makes it: augmentation (data/random_key.h).
  std::function<void(Batch&, const BatchKey&)> transform{};
  /// The examples of an epoch, instead of all in the order that `shuffle` says.
  std::shared_ptr<const Sampler> sampler{};
  /// The batches of an epoch, instead of batch_size, drop_last and all the above about the order.
  std::shared_ptr<const BatchSampler> batch_sampler{};
};

/// Where a loader stands: `batch` batches of epoch `epoch` (both from 0) have been handed out.
struct LoaderState {
  std::int64_t epoch = 0;
  std::int64_t batch = 0;

  bool operator==(const LoaderState&) const = default;
};

/// The data set must outlive the loader. One loop at a time may run over a loader.
///
/// What get() or `transform` throws for a batch, be it on a worker, is thrown in the loop when that
/// batch's turn comes; after all before it, with state() standing at it.
class DataLoader {
 public:
  /// Throws ValueError for a batch size or a prefetch below 1, a negative number of workers, and
  /// for shuffle beside a sampler or either beside a batch_sampler.
  explicit DataLoader(const Dataset& dataset, const DataLoaderOptions& options = {});

  struct End {};

  /// A single pass over the current epoch. Leaving the loop destroys it and joins its workers,
  /// which give up what they are making; it must not outlive the loader.
  class Iterator {
   public:
    const Batch& operator*() const { return batch_; }
    const Batch* operator->() const { return &batch_; }
    Iterator& operator++() {
      load();
      return *this;
    }
    bool operator==(End) const { return loader_ == nullptr; }

   private:
    friend class DataLoader;
    explicit Iterator(DataLoader* loader);
    void load();

    DataLoader* loader_;  // null at the end
    // On the heap, because the workers keep its address when the iterator is moved.
    std::unique_ptr<const std::vector<Indices>> batches_;
    std::unique_ptr<Prefetcher> prefetcher_;  // null without workers
    Batch batch_;
  };

  /// Starts the current epoch: at its first batch, or right after restore() where that says. A loop
  /// that runs to its end moves the loader to the next epoch; one that is left early does not, and
  /// the next loop starts the same epoch again.
  Iterator begin();
  End end() const { return {}; }

  /// Batches in a whole epoch: ceil(N / batch_size), or floor with drop_last.
  std::int64_t num_batches() const { return batch_sampler_->size(); }

  /// The next loop runs epoch `epoch` from its first batch. Throws ValueError below 0.
  void set_epoch(std::int64_t epoch);
  /// In the body of a loop, counts the batch that the body works on as handed out, and none that is
  /// merely made ahead. In the body for the last batch that is {epoch, num_batches()}, and after
  /// the loop {epoch + 1, 0}.
  LoaderState state() const { return state_; }
  /// The next loop begins with batch `state.batch` of epoch `state.epoch`; with num_batches() it
  /// has no batch left and only ends the epoch. Throws ValueError for a state this loader cannot be
  /// in.
  void restore(const LoaderState& state);

  const Dataset& dataset() const { return dataset_; }
  const DataLoaderOptions& options() const { return options_; }

 private:
  Batch make(const std::vector<Indices>& batches, std::int64_t epoch, std::int64_t number) const;

  const Dataset& dataset_;
  DataLoaderOptions options_;
  std::shared_ptr<const BatchSampler> batch_sampler_;
  LoaderState state_;
  bool restored_ = false;  // the next loop begins at state_.batch rather than at 0
};

}  // namespace tenon::data

#endif  // TENON_DATA_DATA_LOADER_H_
