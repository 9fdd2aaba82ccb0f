// Counting on a device without a copy from the host, which a recorded step could not repeat.
#ifndef TENON_MODELS_LM_INTERNAL_CONSECUTIVE_H_
#define TENON_MODELS_LM_INTERNAL_CONSECUTIVE_H_

#include "tensor/ops.h"

namespace tenon::models::internal {

/// begin, begin + 1, … [count] i64 on `device`.
inline Tensor consecutive(std::int64_t begin, std::int64_t count, Device device) {
  if (device.is_cpu()) return arange(begin, begin + count);
  const Tensor steps = ones({count}, {.dtype = DType::kI64, .device = device});
  return cumsum(steps, 0) + static_cast<double>(begin - 1);
}

}  // namespace tenon::models::internal

#endif  // TENON_MODELS_LM_INTERNAL_CONSECUTIVE_H_
