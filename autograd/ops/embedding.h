// Rows of a table by number.
#ifndef TENON_AUTOGRAD_OPS_EMBEDDING_H_
#define TENON_AUTOGRAD_OPS_EMBEDDING_H_

#include <cstdint>
#include <span>

#include "autograd/variable.h"

namespace tenon::autograd {

/// weight [V,D], indices [..] i64 -> [..,D]. The row `padding_index` collects no gradient.
Variable embedding(const Variable& weight, const Tensor& indices, std::int64_t padding_index = -1);

/// rows [N,numbers+K] and a table [V,D] for each of the last K columns -> [N,numbers+sum of D], as
/// tenon::embed_columns. The derivative towards the categories is 0.
Variable embed_columns(const Variable& rows, std::int64_t numbers,
                       std::span<const Variable> tables);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_OPS_EMBEDDING_H_
