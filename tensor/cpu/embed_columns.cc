// Rows of numbers and categories with each category's vector in its place, and the gradients of the
// tables: one pass over the rows each, where copies and sums are of a handful of floats.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"

namespace tenon::cpu {
namespace {

/// The rows' categories as numbers of rows of a table [values,width].
class Category {
 public:
  Category(const Tensor& rows, std::int64_t column, const Shape& table)
      : from_(rows.data<float>() + column), step_(rows.strides()[0]), values_(table[0]) {}

  /// -1 where the table has no such row.
  std::int64_t of(std::int64_t row) const {
    const std::int64_t value = to_integer(from_[row * step_]);
    return value >= 0 && value < values_ ? value : -1;
  }

 private:
  const float* from_;
  std::int64_t step_, values_;
};

/// By fours, the last of which may overlap the one before it.
inline void copy_few(const float* from, std::int64_t count, float* to) {
  if (count < 4) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = from[i];
    return;
  }
  for (std::int64_t i = 0; i + 4 < count; i += 4) std::memcpy(to + i, from + i, 4 * sizeof(float));
  std::memcpy(to + count - 4, from + count - 4, 4 * sizeof(float));
}

bool is_f32(const Tensor& x) { return x.dtype() == DType::kF32; }

}  // namespace

bool embed_columns(const EmbedColumnsArgs& args, const Tensor& out) {
  if (!is_f32(args.rows) || !std::all_of(args.tables.begin(), args.tables.end(), is_f32)) {
    return false;
  }
  const std::int64_t rows = out.shape()[0], width = out.shape()[1];
  const float* const from = args.rows.data<float>();
  const std::int64_t step = args.rows.strides()[0], numbers = args.numbers;
  float* to = out.data<float>();
  for (std::int64_t r = 0; r < rows; ++r) {
    copy_few(from + r * step, numbers, to + r * width);
  }
  to += args.numbers;
  for (std::size_t k = 0; k < args.tables.size(); ++k) {
    const Tensor& table = args.tables[k];
    const Category category(args.rows, args.numbers + static_cast<std::int64_t>(k), table.shape());
    const std::int64_t wide = table.shape()[1];
    const float* const vectors = table.data<float>();
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t value = category.of(r);
      if (value < 0) return false;
      copy_few(vectors + value * wide, wide, to + r * width);
    }
    to += wide;
  }
  return true;
}

bool embed_columns_grad(const Tensor& grad, const EmbedColumnsArgs& args) {
  if (!is_f32(grad) || !is_f32(args.rows)) return false;
  const std::int64_t rows = grad.shape()[0], width = grad.shape()[1];
  const float* from = grad.data<float>() + args.numbers;
  for (std::size_t k = 0; k < args.tables.size(); ++k) {
    const Tensor& table = args.tables[k];
    const Category category(args.rows, args.numbers + static_cast<std::int64_t>(k), table.shape());
    const std::int64_t wide = table.shape()[1];
    auto* const sums = table.data<float>();
    std::fill_n(sums, table.numel(), 0.0f);
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t value = category.of(r);
      if (value < 0) return false;
      for (std::int64_t d = 0; d < wide; ++d) sums[value * wide + d] += from[r * width + d];
    }
    from += wide;
  }
  return true;
}

}  // namespace tenon::cpu
