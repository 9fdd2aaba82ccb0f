#include "data/dataset.h"

#include <string>

#include "tensor/error.h"

namespace tenon::data {
namespace {

void check_index(std::int64_t index, std::int64_t size, const char* what) {
  if (index >= 0 && index < size) return;
  throw IndexError("[subset] expected " + std::string(what) + " in [0, " + std::to_string(size) +
                   "), got " + std::to_string(index));
}

}  // namespace

Subset::Subset(const Dataset& dataset, std::vector<std::int64_t> indices)
    : dataset_(dataset), indices_(std::move(indices)) {
  for (const std::int64_t index : indices_) {
    check_index(index, dataset_.size(), "an index of the whole data set");
  }
}

Batch Subset::get(std::span<const std::int64_t> indices) const {
  std::vector<std::int64_t> originals(indices.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    check_index(indices[i], size(), "an index of the subset");
    originals[i] = indices_[static_cast<std::size_t>(indices[i])];
  }
  Batch batch = dataset_.get(originals);
  batch.indices = from_span(indices);
  return batch;
}

}  // namespace tenon::data
