#include "data/dataset.h"

#include <algorithm>

#include "tensor/ops.h"

namespace tenon::data {
namespace {

void check_index(std::int64_t index, std::int64_t size, const char* what,
                 const char* op = "subset") {
  if (index >= 0 && index < size) return;
  throw IndexError("[" + std::string(op) + "] expected " + std::string(what) + " in [0, " +
                   std::to_string(size) + "), got " + std::to_string(index));
}

std::string with_example(std::int64_t index, const std::string& path, const std::string& what) {
  return "[dataset] example " + std::to_string(index) + (path.empty() ? "" : " (" + path + ")") +
         ": " + what;
}

}  // namespace

DataError::DataError(std::int64_t index, std::string path, const std::string& what)
    : Error(with_example(index, path, what)), index_(index), path_(std::move(path)) {}

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

Concat::Concat(std::vector<const Dataset*> parts) : parts_(std::move(parts)) {
  if (parts_.empty()) throw ValueError("[concat] expected at least one data set, got none");
  std::int64_t end = 0;
  for (const Dataset* part : parts_) ends_.push_back(end += part->size());
}

// Each part gives its examples in one batch; rows then go back to the order asked for.
Batch Concat::get(std::span<const std::int64_t> indices) const {
  std::vector<std::vector<std::int64_t>> wanted(parts_.size());
  std::vector<std::vector<std::size_t>> rows(parts_.size());
  for (std::size_t i = 0; i < indices.size(); ++i) {
    check_index(indices[i], size(), "an index of all parts together", "concat");
    const auto it = std::upper_bound(ends_.begin(), ends_.end(), indices[i]);
    const auto part = static_cast<std::size_t>(it - ends_.begin());
    wanted[part].push_back(indices[i] - (ends_[part] - parts_[part]->size()));
    rows[part].push_back(i);
  }
  std::vector<Tensor> inputs, targets;
  std::vector<std::int64_t> place(indices.size());
  std::int64_t next = 0;
  for (std::size_t part = 0; part < parts_.size(); ++part) {
    if (wanted[part].empty() && !(indices.empty() && part == 0)) continue;
    Batch batch = parts_[part]->get(wanted[part]);
    inputs.push_back(std::move(batch.inputs));
    targets.push_back(std::move(batch.targets));
    for (const std::size_t row : rows[part]) place[row] = next++;
  }
  const Tensor order = from_vector(place);
  return {.inputs = index_select(cat(inputs), 0, order),
          .targets = index_select(cat(targets), 0, order),
          .indices = from_span(indices)};
}

}  // namespace tenon::data
