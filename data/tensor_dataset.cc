#include "data/tensor_dataset.h"

#include <string>
#include <utility>

#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

std::string describe(const Tensor& tensor) {
  return tensor.defined() ? to_string(tensor.shape()) : "an undefined tensor";
}

}  // namespace

TensorDataset::TensorDataset(Tensor inputs, Tensor targets)
    : inputs_(std::move(inputs)), targets_(std::move(targets)) {
  const bool have_rows =
      inputs_.defined() && targets_.defined() && inputs_.ndim() > 0 && targets_.ndim() > 0;
  if (!have_rows || inputs_.size(0) != targets_.size(0)) {
    throw ShapeError("[tensor_dataset] expected inputs [N,...] and targets [N,...], got inputs " +
                     describe(inputs_) + " and targets " + describe(targets_));
  }
}

Batch TensorDataset::get(std::span<const std::int64_t> indices) const {
  const Tensor rows = from_span(indices);
  return {.inputs = index_select(inputs_, 0, rows),
          .targets = index_select(targets_, 0, rows),
          .indices = rows};
}

}  // namespace tenon::data
