// Views: new shapes and strides over the same elements.
#include <algorithm>
#include <optional>
#include <string>

#include "tensor/tensor.h"

namespace tenon {
namespace {

/// Replaces one -1 in `wanted` by what makes the counts equal.
Shape infer_shape(Shape wanted, const Tensor& x, const char* op) {
  int unknown = -1;
  std::int64_t known = 1;
  bool overflow = false;
  for (int i = 0; i < wanted.size(); ++i) {
    if (wanted[i] == -1 && unknown < 0) {
      unknown = i;
    } else {
      overflow |= __builtin_mul_overflow(known, wanted[i], &known);
    }
  }
  if (unknown >= 0 && !overflow && known > 0 && x.numel() % known == 0) {
    wanted[unknown] = x.numel() / known;
  }
  const bool negative = std::any_of(wanted.begin(), wanted.end(), [](auto s) { return s < 0; });
  if (negative || numel(wanted) != x.numel()) {
    throw ShapeError("[" + std::string(op) + "] expected a shape of " + std::to_string(x.numel()) +
                     " elements for input " + to_string(x.shape()) + ", got " + to_string(wanted));
  }
  return wanted;
}

/// Strides under which `x` reads as `shape` without copying, if there are any: each run of
/// dimensions of `shape` must cover a run of x's dimensions that lies evenly spaced in memory.
std::optional<Strides> strides_for_view(const Tensor& x, const Shape& shape) {
  if (x.numel() == 0 || x.is_contiguous()) return row_major_strides(shape);
  Strides strides = Dims::filled(shape.size(), 1);
  int to = shape.size() - 1;
  std::int64_t chunk_size = 1;  // elements in the evenly spaced run that ends here
  std::int64_t covered = 1;     // elements of it that `shape` has taken
  std::int64_t spacing = x.strides().back();
  for (int from = x.ndim() - 1; from >= 0; --from) {
    chunk_size *= x.shape()[from];
    const bool run_goes_on =
        from > 0 && (x.shape()[from - 1] == 1 || x.strides()[from - 1] == chunk_size * spacing);
    if (run_goes_on) continue;
    while (to >= 0 && (covered < chunk_size || shape[to] == 1)) {
      strides[to] = covered * spacing;
      covered *= shape[to--];
    }
    if (covered != chunk_size) return std::nullopt;
    if (from > 0) {
      spacing = x.strides()[from - 1];
      chunk_size = covered = 1;
    }
  }
  return to < 0 ? std::optional(strides) : std::nullopt;
}

}  // namespace

Tensor Tensor::with(const Shape& shape, const Strides& strides, std::int64_t offset) const {
  return Tensor(Unchecked{}, storage_, shape, strides, offset, tenon::numel(shape), dtype_);
}

Tensor Tensor::reshape(Shape wanted) const {
  const Shape shape = infer_shape(std::move(wanted), *this, "reshape");
  if (const auto strides = strides_for_view(*this, shape)) return with(shape, *strides, offset_);
  return contiguous().with(shape, row_major_strides(shape), 0);
}

Tensor Tensor::view(Shape wanted) const {
  const Shape shape = infer_shape(std::move(wanted), *this, "view");
  if (const auto strides = strides_for_view(*this, shape)) return with(shape, *strides, offset_);
  throw ShapeError("[view] expected strides that read as " + to_string(shape) +
                   " without copying (use reshape), got shape " + to_string(shape_) + ", strides " +
                   to_string(strides_));
}

Tensor Tensor::flatten(int first, int last) const {
  if (ndim() == 0) return reshape({1});
  first = normalize_dim(first, ndim(), "flatten");
  last = normalize_dim(last, ndim(), "flatten");
  if (first > last) {
    throw ShapeError("[flatten] expected first <= last, got " + std::to_string(first) + " and " +
                     std::to_string(last));
  }
  Shape shape;
  const std::int64_t merged =
      tenon::numel(Shape(std::span<const std::int64_t>(shape_).subspan(first, last - first + 1)));
  for (int i = 0; i < ndim(); ++i) {
    if (i == last) {
      shape.push_back(merged);
    } else if (i < first || i > last) {
      shape.push_back(shape_[i]);
    }
  }
  return reshape(std::move(shape));
}

Tensor Tensor::transpose(int dim0, int dim1) const {
  dim0 = normalize_dim(dim0, ndim(), "transpose");
  dim1 = normalize_dim(dim1, ndim(), "transpose");
  Tensor result = *this;
  if (ndim() == 0) return result;
  std::swap(result.shape_[dim0], result.shape_[dim1]);
  std::swap(result.strides_[dim0], result.strides_[dim1]);
  return result;
}

Tensor Tensor::t() const {
  if (ndim() != 2) throw ShapeError("[t] expected a 2-d tensor, got shape " + to_string(shape_));
  return transpose(0, 1);
}

Tensor Tensor::permute(std::span<const int> order) const {
  Tensor result = *this;
  std::uint64_t seen = 0;
  bool valid = static_cast<int>(order.size()) == ndim() && ndim() <= 64;
  for (int i = 0; valid && i < ndim(); ++i) {
    const int from = normalize_dim(order[i], ndim(), "permute");
    valid = (seen >> from & 1) == 0;
    seen |= std::uint64_t{1} << from;
    result.shape_[i] = shape_[from];
    result.strides_[i] = strides_[from];
  }
  if (!valid) {
    throw ShapeError("[permute] expected each of the " + std::to_string(ndim()) +
                     " dimensions of " + to_string(shape_) + " once, got " +
                     to_string(Dims(std::vector<std::int64_t>(order.begin(), order.end()))));
  }
  return result;
}

Tensor Tensor::slice(int dim, std::int64_t begin, std::int64_t end, std::int64_t step) const {
  if (ndim() == 0) throw IndexError("[slice] expected a tensor with dimensions, got a 0-d one");
  if (step < 1) throw ValueError("[slice] expected step > 0, got " + std::to_string(step));
  dim = normalize_dim(dim, ndim(), "slice");
  const std::int64_t size = shape_[dim];
  const auto clip = [size](std::int64_t i) {
    return std::clamp<std::int64_t>(i < 0 ? i + size : i, 0, size);
  };
  begin = clip(begin);
  end = std::max(begin, clip(end));
  Shape shape = shape_;
  Strides strides = strides_;
  const std::int64_t length = end - begin;
  shape[dim] = length / step + (length % step != 0);
  strides[dim] *= shape[dim] > 1 ? step : 1;
  return with(shape, strides, offset_ + (shape[dim] > 0 ? begin * strides_[dim] : 0));
}

Tensor Tensor::select(int dim, std::int64_t index) const {
  if (ndim() == 0) throw IndexError("[select] expected a tensor with dimensions, got a 0-d one");
  dim = normalize_dim(dim, ndim(), "select");
  const std::int64_t size = shape_[dim];
  if (index < -size || index >= size) {
    throw IndexError("[select] expected an index in [" + std::to_string(-size) + ", " +
                     std::to_string(size - 1) + "] for dim " + std::to_string(dim) + " of " +
                     to_string(shape_) + ", got " + std::to_string(index));
  }
  Shape shape = shape_;
  Strides strides = strides_;
  const std::int64_t offset = offset_ + (index < 0 ? index + size : index) * strides[dim];
  shape.erase(dim);
  strides.erase(dim);
  return with(shape, strides, offset);
}

Tensor Tensor::narrow(int dim, std::int64_t begin, std::int64_t length) const {
  if (ndim() == 0) throw IndexError("[narrow] expected a tensor with dimensions, got a 0-d one");
  dim = normalize_dim(dim, ndim(), "narrow");
  if (begin < 0 || length < 0 || begin > shape_[dim] - length) {
    throw IndexError("[narrow] expected a range within dim " + std::to_string(dim) + " of " +
                     to_string(shape_) + ", got " + std::to_string(length) + " from " +
                     std::to_string(begin));
  }
  return slice(dim, begin, begin + length);
}

Tensor Tensor::squeeze(int dim) const {
  dim = normalize_dim(dim, ndim(), "squeeze");
  if (ndim() == 0 || shape_[dim] != 1) return *this;
  Tensor result = *this;
  result.shape_.erase(dim);
  result.strides_.erase(dim);
  return result;
}

Tensor Tensor::squeeze() const {
  Tensor result = *this;
  for (int i = ndim() - 1; i >= 0; --i) result = result.squeeze(i);
  return result;
}

Tensor Tensor::unsqueeze(int dim) const {
  dim = normalize_dim(dim, ndim() + 1, "unsqueeze");
  Tensor result = *this;
  result.shape_.insert(dim, 1);
  result.strides_.insert(dim, dim < ndim() ? shape_[dim] * strides_[dim] : 1);
  return result;
}

Tensor Tensor::expand(const Shape& wanted) const {
  const int lead = wanted.size() - ndim();
  Shape shape = wanted;
  Strides strides = Dims::filled(wanted.size(), 0);
  bool valid = lead >= 0;
  for (int i = 0; valid && i < lead; ++i) valid = shape[i] >= 0;  // no size that -1 could keep
  for (int i = 0; valid && i < ndim(); ++i) {
    std::int64_t& size = shape[lead + i];
    if (size == -1) size = shape_[i];
    valid = size == shape_[i] || shape_[i] == 1;
    strides[lead + i] = shape_[i] == 1 && size != 1 ? 0 : strides_[i];
  }
  if (!valid) {
    throw ShapeError("[expand] expected a shape that " + to_string(shape_) +
                     " broadcasts to, got " + to_string(wanted));
  }
  return with(shape, strides, offset_);
}

std::vector<Tensor> Tensor::split(std::span<const std::int64_t> sizes, int dim) const {
  if (ndim() == 0) throw ShapeError("[split] expected a tensor with dimensions, got a 0-d one");
  dim = normalize_dim(dim, ndim(), "split");
  std::int64_t rest = shape_[dim];
  bool valid = true;
  for (const std::int64_t size : sizes) {
    valid = valid && size >= 0 && size <= rest;
    rest -= valid ? size : 0;
  }
  if (!valid || rest != 0) {
    throw ShapeError("[split] expected sizes that add up to dim " + std::to_string(dim) + " of " +
                     to_string(shape_) + ", got " + to_string(Dims(sizes)));
  }
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(narrow(dim, begin, size));
    begin += size;
  }
  return parts;
}

std::vector<Tensor> Tensor::split(std::int64_t size, int dim) const {
  if (ndim() == 0) throw ShapeError("[split] expected a tensor with dimensions, got a 0-d one");
  if (size < 1) throw ValueError("[split] expected a size above 0, got " + std::to_string(size));
  dim = normalize_dim(dim, ndim(), "split");
  std::vector<Tensor> parts;
  std::int64_t begin = 0;
  do {  // a dimension of size 0 is one part
    const std::int64_t length = std::min(size, shape_[dim] - begin);
    parts.push_back(narrow(dim, begin, length));
    begin += length;
  } while (begin < shape_[dim]);
  return parts;
}

std::vector<Tensor> Tensor::chunk(std::int64_t count, int dim) const {
  if (ndim() == 0) throw ShapeError("[chunk] expected a tensor with dimensions, got a 0-d one");
  if (count < 1) throw ValueError("[chunk] expected a count above 0, got " + std::to_string(count));
  dim = normalize_dim(dim, ndim(), "chunk");
  const std::int64_t size = shape_[dim];
  if (size == 0) return std::vector<Tensor>(static_cast<std::size_t>(count), *this);
  return split(size / count + (size % count != 0), dim);
}

Tensor Tensor::diagonal(std::int64_t offset, int dim0, int dim1) const {
  if (ndim() < 2) {
    throw ShapeError("[diagonal] expected at least 2 dimensions, got " + to_string(shape_));
  }
  dim0 = normalize_dim(dim0, ndim(), "diagonal");
  dim1 = normalize_dim(dim1, ndim(), "diagonal");
  if (dim0 == dim1) {
    throw ShapeError("[diagonal] expected two dimensions, got " + std::to_string(dim0) + " twice");
  }
  const std::int64_t rows = shape_[dim0], columns = shape_[dim1];
  offset = std::clamp(offset, -rows, columns);
  const std::int64_t row = std::max<std::int64_t>(-offset, 0);
  const std::int64_t column = std::max<std::int64_t>(offset, 0);
  const std::int64_t length = std::min(rows - row, columns - column);
  Shape shape = shape_;
  Strides strides = strides_;
  const std::int64_t step = strides_[dim0] + strides_[dim1];
  for (const int dim : {std::max(dim0, dim1), std::min(dim0, dim1)}) {
    shape.erase(dim);
    strides.erase(dim);
  }
  shape.push_back(length);
  strides.push_back(step);
  const std::int64_t skipped = row * strides_[dim0] + column * strides_[dim1];
  return with(shape, strides, offset_ + (length > 0 ? skipped : 0));
}

Tensor Tensor::unflatten(int dim, const Shape& sizes) const {
  if (ndim() == 0) throw ShapeError("[unflatten] expected a tensor with dimensions, got a 0-d one");
  dim = normalize_dim(dim, ndim(), "unflatten");
  Shape inner = sizes;
  std::int64_t known = 1;
  int unknown = -1;
  bool valid = true;
  for (int i = 0; i < sizes.size(); ++i) {
    if (sizes[i] == -1 && unknown < 0) {
      unknown = i;
    } else {
      valid = valid && sizes[i] >= 0 && !__builtin_mul_overflow(known, sizes[i], &known);
    }
  }
  if (valid && unknown >= 0 && known > 0) {
    inner[unknown] = shape_[dim] / known;
    known *= inner[unknown];
  }
  if (!valid || known != shape_[dim]) {
    throw ShapeError("[unflatten] expected sizes whose product is dim " + std::to_string(dim) +
                     " of " + to_string(shape_) + ", got " + to_string(sizes));
  }
  Shape shape = shape_;
  Strides strides = strides_;
  shape.erase(dim);
  strides.erase(dim);
  std::int64_t step = strides_[dim];
  for (int i = inner.size() - 1; i >= 0; --i) {
    shape.insert(dim, inner[i]);
    strides.insert(dim, step);
    step *= std::max<std::int64_t>(inner[i], 1);
  }
  return with(shape, strides, offset_);
}

Tensor Tensor::movedim(int from, int to) const {
  from = normalize_dim(from, ndim(), "movedim");
  to = normalize_dim(to, ndim(), "movedim");
  Tensor result = *this;
  if (ndim() == 0) return result;
  result.shape_.erase(from);
  result.shape_.insert(to, shape_[from]);
  result.strides_.erase(from);
  result.strides_.insert(to, strides_[from]);
  return result;
}

}  // namespace tenon
