// Data sets whose examples are made one at a time, such as images decoded from files.
//
//   class Tones : public ExampleDataset {
//    public:
//     std::int64_t size() const override { return 100; }
//     Example example(std::int64_t i) const override { return {make_tone(i), scalar(i)}; }
//   };
#ifndef TENON_DATA_EXAMPLE_DATASET_H_
#define TENON_DATA_EXAMPLE_DATASET_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include "data/dataset.h"
#include "tensor/tensor.h"

namespace tenon::data {

struct Example {
  Tensor input;
  Tensor target;
};

/// Makes one batch of some examples; `indices` are added by the caller.
using Collate = std::function<Batch(std::span<const Example>)>;

/// One new first dimension. Throws ShapeError where the examples' shapes differ, or there are none.
Batch stack_examples(std::span<const Example> examples);

/// Derive from it and give size() and example().
class ExampleDataset : public Dataset {
 public:
  /// `collate` is where examples of different sizes are padded, cropped or packed.
  explicit ExampleDataset(Collate collate = stack_examples) : collate_(std::move(collate)) {}

  /// Example `index`, which is in [0, size()). May be called from several threads at once.
  virtual Example example(std::int64_t index) const = 0;
  /// Where the example comes from, for messages.
  virtual std::string path(std::int64_t /*index*/) const { return ""; }

  /// Throws IndexError; DataError with index and path for whatever example() throws; Error where
  /// the loader that called is being destroyed (data/stop.h).
  Batch get(std::span<const std::int64_t> indices) const override;

 private:
  Example checked_example(std::int64_t index) const;

  Collate collate_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_EXAMPLE_DATASET_H_
