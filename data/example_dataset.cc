#include "data/example_dataset.h"

#include <exception>
#include <string>
#include <vector>

#include "data/stop.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {

Batch stack_examples(std::span<const Example> examples) {
  std::vector<Tensor> inputs, targets;
  for (const Example& example : examples) {
    inputs.push_back(example.input);
    targets.push_back(example.target);
  }
  return {.inputs = stack(inputs), .targets = stack(targets), .indices = {}};
}

Example ExampleDataset::checked_example(std::int64_t index) const {
  if (index < 0 || index >= size()) {
    throw IndexError("[example_dataset] expected an index in [0, " + std::to_string(size()) +
                     "), got " + std::to_string(index));
  }
  throw_if_stop_requested();
  try {
    return example(index);
  } catch (const DataError&) {
    throw;
  } catch (const std::exception& error) {
    throw DataError(index, path(index), error.what());
  }
}

Batch ExampleDataset::get(std::span<const std::int64_t> indices) const {
  std::vector<Example> examples;
  examples.reserve(indices.size());
  for (const std::int64_t index : indices) examples.push_back(checked_example(index));
  Batch batch = collate_(examples);
  batch.indices = from_span(indices);
  return batch;
}

}  // namespace tenon::data
