// A tensor that does not keep its elements: for what repeats work on memory that others keep.
#ifndef TENON_TENSOR_INTERNAL_UNOWNED_H_
#define TENON_TENSOR_INTERNAL_UNOWNED_H_

#include "tensor/tensor.h"

namespace tenon::internal {

/// The same elements; of no use when all others have let go of them.
inline Tensor unowned(const Tensor& x) {
  if (!x.defined()) return x;
  const auto& storage = x.storage();
  return Tensor(Storage::borrow(storage->data(), storage->bytes(), x.device(), nullptr), x.shape(),
                x.strides(), x.numel() == 0 ? 0 : x.offset(), x.dtype());
}

}  // namespace tenon::internal

#endif  // TENON_TENSOR_INTERNAL_UNOWNED_H_
