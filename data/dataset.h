// What a data set is: a number of examples, and a way to get some of them as a batch.
//
//   TensorDataset train(images, labels);            // data/tensor_dataset.h
//   DataLoader loader(train, {.batch_size = 64, .shuffle = true});
//   for (const Batch& batch : loader) step(batch.inputs, batch.targets);
//
// A data set of one's own derives from Dataset; it makes whole batches rather than single examples,
// so that examples which lie side by side in memory are gathered in one pass.
#ifndef TENON_DATA_DATASET_H_
#define TENON_DATA_DATASET_H_

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tensor/error.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// B examples: row i of each tensor belongs to the same one.
struct Batch {
  Tensor inputs;   ///< [B, ...]
  Tensor targets;  ///< [B, ...]; class labels are [B] i64
  Tensor indices;  ///< [B] i64: the examples' positions in the data set

  std::int64_t size() const { return indices.defined() ? indices.size(0) : 0; }
};

/// What get() throws for an example that cannot be had, such as an image whose file is damaged.
class DataError : public Error {
 public:
  /// The message is "[dataset] example 7 (cats/7.jpg): what", without a path where that is empty.
  DataError(std::int64_t index, std::string path, const std::string& what);

  std::int64_t index() const { return index_; }  ///< in the data set that reads the file
  const std::string& path() const { return path_; }

 private:
  std::int64_t index_;
  std::string path_;
};

class Dataset {
 public:
  virtual ~Dataset() = default;

  /// Number of examples N.
  virtual std::int64_t size() const = 0;
  /// The examples at `indices`, in that order; an index may come more than once. May be called from
  /// several threads at once. Throws IndexError for an index outside [0, N).
  virtual Batch get(std::span<const std::int64_t> indices) const = 0;
};

/// Some examples of another data set, which must outlive it.
class Subset final : public Dataset {
 public:
  /// Example i is example indices[i] of `dataset`. Throws IndexError for an index outside of it.
  Subset(const Dataset& dataset, std::vector<std::int64_t> indices);

  std::int64_t size() const override { return static_cast<std::int64_t>(indices_.size()); }
  /// `Batch::indices` are positions in this subset; indices() leads from them to the whole set.
  Batch get(std::span<const std::int64_t> indices) const override;
  std::span<const std::int64_t> indices() const { return indices_; }

 private:
  const Dataset& dataset_;
  std::vector<std::int64_t> indices_;
};

/// Several data sets one after the other; they must outlive it. Their rows must have the same
/// shapes and dtypes.
class Concat final : public Dataset {
 public:
  /// Throws ValueError for no data sets.
  explicit Concat(std::vector<const Dataset*> parts);

  std::int64_t size() const override { return ends_.back(); }
  Batch get(std::span<const std::int64_t> indices) const override;

 private:
  std::vector<const Dataset*> parts_;
  std::vector<std::int64_t> ends_;  // where each part ends
};

/// Another data set, which must outlive it, with each batch changed by a function of one's own:
///
///   Transformed scaled(train, [](Batch& batch) { batch.inputs = to_unit(batch.inputs); });
///
/// `change` is called as `change(batch)` with a `Batch&`, from several threads at once where the
/// loader uses several.
template <class Change>
class Transformed final : public Dataset {
 public:
  Transformed(const Dataset& dataset, Change change)
      : dataset_(dataset), change_(std::move(change)) {}

  std::int64_t size() const override { return dataset_.size(); }
  Batch get(std::span<const std::int64_t> indices) const override {
    Batch batch = dataset_.get(indices);
    change_(batch);
    return batch;
  }

 private:
  const Dataset& dataset_;
  Change change_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_DATASET_H_
