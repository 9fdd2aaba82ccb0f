#include "data/data_loader.h"

#include <algorithm>
#include <string>

#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::data {
namespace {

// Keeps the loader's random numbers apart from those of other users of the same seed, such as the
// initial weights: "loader" in ASCII.
constexpr std::uint64_t kStream = 0x6c6f61646572;

// Counter blocks set aside for each epoch's order: more than any order takes.
constexpr std::uint64_t kBlocksPerEpoch = std::uint64_t{1} << 40;

void check_epoch(std::int64_t epoch, const char* op) {
  if (epoch >= 0) return;
  throw ValueError(std::string("[") + op + "] expected an epoch from 0, got " +
                   std::to_string(epoch));
}

}  // namespace

DataLoader::DataLoader(const Dataset& dataset, const DataLoaderOptions& options)
    : dataset_(dataset), options_(options) {
  if (options_.batch_size < 1) {
    throw ValueError("[data_loader] expected batch_size of at least 1, got " +
                     std::to_string(options_.batch_size));
  }
}

std::int64_t DataLoader::num_batches() const {
  const std::int64_t size = dataset_.size();
  const std::int64_t full = size / options_.batch_size;
  const bool has_rest = size % options_.batch_size != 0;
  return has_rest && !options_.drop_last ? full + 1 : full;
}

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

Tensor DataLoader::epoch_order() const {
  const std::int64_t size = dataset_.size();
  if (!options_.shuffle) return arange(0, static_cast<double>(size));
  Generator generator(options_.seed ^ kStream,
                      static_cast<std::uint64_t>(state_.epoch) * kBlocksPerEpoch);
  return randperm(size, generator);
}

DataLoader::Iterator DataLoader::begin() {
  if (!restored_) state_.batch = 0;
  restored_ = false;
  order_ = epoch_order();
  return Iterator(this);
}

void DataLoader::Iterator::load() {
  LoaderState& state = loader_->state_;
  if (state.batch == loader_->num_batches()) {
    state = {.epoch = state.epoch + 1, .batch = 0};
    loader_ = nullptr;
    batch_ = {};
    return;
  }
  const std::int64_t size = loader_->options_.batch_size;
  const std::int64_t first = state.batch * size;
  const std::int64_t count = std::min(size, loader_->order_.numel() - first);
  const std::int64_t* indices = loader_->order_.data<std::int64_t>() + first;
  batch_ = loader_->dataset_.get({indices, static_cast<std::size_t>(count)});
  ++state.batch;
}

}  // namespace tenon::data
