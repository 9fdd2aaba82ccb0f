// A data set that lies in memory as two tensors.
//
//   TensorDataset train(images, labels);     // u8 [60000,1,28,28], i64 [60000]
//   Batch batch = train.get(std::vector<std::int64_t>{5, 7});   // u8 [2,1,28,28], i64 [2]
#ifndef TENON_DATA_TENSOR_DATASET_H_
#define TENON_DATA_TENSOR_DATASET_H_

#include <cstdint>
#include <span>

#include "data/dataset.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Row i of both tensors is example i. The tensors are shared, not copied, and batches keep their
/// dtypes: images may stay u8, a quarter of the memory, and be scaled per batch (Transformed).
class TensorDataset final : public Dataset {
 public:
  /// inputs [N, ...], targets [N, ...], any dtype. Throws ShapeError where a tensor is undefined or
  /// 0-d, or the two disagree about N.
  TensorDataset(Tensor inputs, Tensor targets);

  std::int64_t size() const override { return inputs_.size(0); }
  /// Copies the rows at `indices`. Throws IndexError.
  Batch get(std::span<const std::int64_t> indices) const override;

  const Tensor& inputs() const { return inputs_; }
  const Tensor& targets() const { return targets_; }

 private:
  Tensor inputs_;
  Tensor targets_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_TENSOR_DATASET_H_
