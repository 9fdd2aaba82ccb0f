// For fuzz targets of readers that hand out mapped memory.
#ifndef TENON_TENSOR_IO_FUZZ_TOUCH_H_
#define TENON_TENSOR_IO_FUZZ_TOUCH_H_

#include "tensor/tensor.h"

namespace tenon {

/// Reads every element, so that one outside the file is noticed. A view may repeat a few bytes
/// millions of times: those are left.
inline void touch(const Tensor& tensor) {
  if (tensor.numel() <= 1 << 20) (void)tensor.contiguous().clone();
}

}  // namespace tenon

#endif  // TENON_TENSOR_IO_FUZZ_TOUCH_H_
