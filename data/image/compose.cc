#include "data/image/compose.h"

#include <string>

#include "data/image/image_batch.h"
#include "tensor/error.h"

namespace tenon::data {

Tensor Compose::operator()(const Tensor& images, std::span<Generator> generators) const {
  Tensor result = images;
  for (const ImageTransform& link : links_) result = link(result, generators);
  return result;
}

std::function<void(Batch&, const BatchKey&)> on_inputs(ImageTransform transform) {
  return [transform = std::move(transform)](Batch& batch, const BatchKey& key) {
    std::vector<Generator> generators = example_generators(key, batch.indices);
    batch.inputs = transform(batch.inputs, generators);
  };
}

std::function<void(Batch&, const BatchKey&)> in_turn(
    std::vector<std::function<void(Batch&, const BatchKey&)>> changes) {
  return [changes = std::move(changes)](Batch& batch, const BatchKey& key) {
    for (const auto& change : changes) change(batch, key);
  };
}

Tensor RandomApply::operator()(const Tensor& images, std::span<Generator> generators) const {
  check_generators(images, generators, "random_apply");
  if (!(probability >= 0 && probability <= 1)) {
    throw ValueError("[random_apply] expected a probability in [0, 1], got " +
                     std::to_string(probability));
  }
  const bool single = images.ndim() == 3;
  const Tensor batch = single ? images.unsqueeze(0) : images;
  const Tensor result = batch.contiguous().clone();
  for (std::size_t i = 0; i < generators.size(); ++i) {
    if (next_unit(generators[i]) >= probability) continue;
    const auto row = static_cast<std::int64_t>(i);
    result.select(0, row).copy_(transform(batch.select(0, row), generators.subspan(i, 1)));
  }
  return single ? result.squeeze(0) : result;
}

void check_generators(const Tensor& images, std::span<Generator> generators, const char* op) {
  const ImageDims dims = image_dims(images, op);
  if (static_cast<std::int64_t>(generators.size()) == dims.n) return;
  throw ValueError("[" + std::string(op) + "] expected a generator for each of " +
                   std::to_string(dims.n) + " images, got " + std::to_string(generators.size()));
}

}  // namespace tenon::data
