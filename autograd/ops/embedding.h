// Rows of a table by number.
#ifndef TENON_AUTOGRAD_OPS_EMBEDDING_H_
#define TENON_AUTOGRAD_OPS_EMBEDDING_H_

#include <cstdint>

#include "autograd/variable.h"

namespace tenon::autograd {

/// weight [V,D], indices [..] i64 -> [..,D]. The row `padding_index` collects no gradient.
Variable embedding(const Variable& weight, const Tensor& indices, std::int64_t padding_index = -1);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_EMBEDDING_H_
