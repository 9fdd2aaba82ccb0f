#include "data/data_loader.h"

#include <string>
#include <utility>

#include "tensor/error.h"

namespace tenon::data {
namespace {

void check_epoch(std::int64_t epoch, const char* op) {
  if (epoch >= 0) return;
  throw ValueError(std::string("[") + op + "] expected an epoch from 0, got " +
                   std::to_string(epoch));
}

void check_options(const DataLoaderOptions& options) {
  const auto fail = [](const std::string& what) { throw ValueError("[data_loader] " + what); };
  if (options.workers < 0) {
    fail("expected workers from 0, got " + std::to_string(options.workers));
  }
  if (options.prefetch < 1) {
    fail("expected prefetch of at least 1, got " + std::to_string(options.prefetch));
  }
  if (options.shuffle + !!options.sampler + !!options.batch_sampler > 1) {
    fail("expected only one of shuffle, sampler and batch_sampler, got several");
  }
}

std::shared_ptr<const BatchSampler> make_batch_sampler(std::int64_t size,
                                                       const DataLoaderOptions& options) {
  check_options(options);
  if (options.batch_sampler) return options.batch_sampler;
  std::shared_ptr<const Sampler> sampler = options.sampler;
  if (!sampler && options.shuffle) sampler = std::make_shared<RandomSampler>(size, options.seed);
  if (!sampler) sampler = std::make_shared<SequentialSampler>(size);
  return std::make_shared<FixedBatches>(sampler, options.batch_size, options.drop_last);
}

}  // namespace

DataLoader::DataLoader(const Dataset& dataset, const DataLoaderOptions& options)
    : dataset_(dataset),
      options_(options),
      batch_sampler_(make_batch_sampler(dataset.size(), options)) {}

void DataLoader::set_epoch(std::int64_t epoch) {
  check_epoch(epoch, "set_epoch");
  state_ = {.epoch = epoch, .batch = 0};
  restored_ = false;
}

void DataLoader::restore(const LoaderState& state) {
  check_epoch(state.epoch, "restore");
  if (state.batch < 0 || state.batch > num_batches()) {
    throw ValueError("[restore] expected a batch from 0 to " + std::to_string(num_batches()) +
                     ", got " + std::to_string(state.batch));
  }
  state_ = state;
  restored_ = true;
}

Batch DataLoader::make(const std::vector<Indices>& batches, std::int64_t epoch,
                       std::int64_t number) const {
  Batch batch = dataset_.get(batches[static_cast<std::size_t>(number)]);
  if (options_.transform) {
    options_.transform(batch, {.seed = options_.seed, .epoch = epoch, .number = number});
  }
  return batch;
}

DataLoader::Iterator DataLoader::begin() {
  if (!restored_) state_.batch = 0;
  restored_ = false;
  return Iterator(this);
}

DataLoader::Iterator::Iterator(DataLoader* loader)
    : loader_(loader),
      batches_(std::make_unique<const std::vector<Indices>>(
          loader->batch_sampler_->batches(loader->state_.epoch))) {
  const DataLoaderOptions& options = loader->options_;
  if (options.workers > 0) {
    const auto ahead = static_cast<std::int64_t>(options.workers) * options.prefetch;
    prefetcher_ = std::make_unique<Prefetcher>(
        options.workers, ahead, loader->state_.batch, loader->num_batches(),
        [loader, batches = batches_.get(), epoch = loader->state_.epoch](std::int64_t number) {
          return loader->make(*batches, epoch, number);
        });
  }
  load();
}

void DataLoader::Iterator::load() {
  LoaderState& state = loader_->state_;
  if (state.batch == loader_->num_batches()) {
    state = {.epoch = state.epoch + 1, .batch = 0};
    loader_ = nullptr;
    batch_ = {};
    return;
  }
  batch_ = prefetcher_ ? prefetcher_->next() : loader_->make(*batches_, state.epoch, state.batch);
  ++state.batch;
}

}  // namespace tenon::data
