#include <algorithm>
#include <cmath>
#include <cstring>
#include <string>

#include "tensor/backend.h"
#include "tensor/internal/check.h"
#include "tensor/ops.h"
#include "tensor/tensor.h"

namespace tenon {
namespace {

Strides channels_last_strides(const Shape& shape) {
  const std::int64_t c = shape[1], h = shape[2], w = shape[3];
  return {h * w * c, 1, w * c, c};
}

internal::IntrusivePtr<Storage> allocate_for(const Shape& shape, std::int64_t count, DType dtype,
                                             Device device) {
  std::int64_t bytes = 0;
  if (__builtin_mul_overflow(count, static_cast<std::int64_t>(size_of(dtype)), &bytes)) {
    throw ShapeError("[empty] expected at most 2^63 - 1 bytes, got " + to_string(shape) + " of " +
                     std::string(name(dtype)));
  }
  return Storage::allocate(static_cast<std::size_t>(bytes), device);
}

/// Whether the elements fill their memory without gaps or overlap, in whatever order of dimensions.
bool is_dense(const Tensor& x) {
  if (x.is_contiguous() || x.is_contiguous(Layout::kChannelsLast)) return true;
  std::int64_t reached = 1;
  for (int found = 0; found < x.ndim(); ++found) {
    int next = -1;  // the dimension that steps over what was reached so far
    for (int i = 0; i < x.ndim(); ++i) {
      if (x.shape()[i] != 1 && x.strides()[i] == reached) next = i;
    }
    if (next < 0) break;
    reached *= x.shape()[next];
  }
  return reached == x.numel();
}

Tensor from_values(const void* values, DType dtype, Shape shape, std::size_t count) {
  if (static_cast<std::size_t>(numel(shape)) != count) {
    throw ShapeError("[from_span] expected " + std::to_string(numel(shape)) + " values for shape " +
                     to_string(shape) + ", got " + std::to_string(count));
  }
  Tensor result = empty(shape, {.dtype = dtype});
  if (count > 0) std::memcpy(result.raw_data(), values, result.bytes());
  return result;
}

template <class List>
std::int64_t common_length(const std::initializer_list<List>& rows) {
  const std::size_t length = rows.size() == 0 ? 0 : rows.begin()->size();
  for (const List& row : rows) {
    if (row.size() != length) {
      throw ShapeError("[tensor] expected rows of " + std::to_string(length) + ", got one of " +
                       std::to_string(row.size()));
    }
  }
  return static_cast<std::int64_t>(length);
}

template <class T>
using Row = std::initializer_list<T>;

template <class T>
Tensor from_rows(const std::initializer_list<Row<T>>& rows) {
  const auto count = static_cast<std::int64_t>(rows.size());
  Tensor result = empty({count, common_length(rows)}, {.dtype = dtype_of<T>});
  T* to = result.data<T>();
  for (const Row<T>& row : rows) to = std::copy(row.begin(), row.end(), to);
  return result;
}

template <class T>
Tensor from_planes(const std::initializer_list<std::initializer_list<Row<T>>>& planes) {
  const std::int64_t rows = common_length(planes);
  std::vector<Tensor> parts;
  for (const auto& plane : planes) parts.push_back(from_rows<T>(plane));
  if (parts.empty()) return empty({0, rows, 0}, {.dtype = dtype_of<T>});
  return stack(parts);
}

}  // namespace

Tensor empty(const Shape& shape, const TensorOptions& options) {
  const std::int64_t count = numel(shape);
  auto storage = allocate_for(shape, count, options.dtype, options.device);
  const bool channels_last = options.layout == Layout::kChannelsLast;
  if (channels_last && shape.size() != 4) {
    throw ShapeError("[empty] expected 4 dimensions for channels-last, got " + to_string(shape));
  }
  return Tensor(Tensor::Unchecked{}, std::move(storage), shape,
                channels_last ? channels_last_strides(shape) : row_major_strides(shape), 0, count,
                options.dtype);
}

Tensor empty_like(const Tensor& prototype, DType dtype) {
  internal::check_defined("empty_like", "prototype", prototype);
  auto storage = allocate_for(prototype.shape(), prototype.numel(), dtype, prototype.device());
  const bool keep = is_dense(prototype);
  return Tensor(Tensor::Unchecked{}, std::move(storage), prototype.shape(),
                keep ? prototype.strides() : row_major_strides(prototype.shape()), 0,
                prototype.numel(), dtype);
}

Tensor full(const Shape& shape, double value, const TensorOptions& options) {
  return empty(shape, options).fill_(value);
}
Tensor zeros(const Shape& shape, const TensorOptions& options) { return full(shape, 0, options); }
Tensor ones(const Shape& shape, const TensorOptions& options) { return full(shape, 1, options); }
Tensor zeros_like(const Tensor& prototype) { return empty_like(prototype).fill_(0); }
Tensor ones_like(const Tensor& prototype) { return empty_like(prototype).fill_(1); }
Tensor full_like(const Tensor& prototype, double value) {
  return empty_like(prototype).fill_(value);
}
Tensor scalar(double value, const TensorOptions& options) { return full({}, value, options); }

Tensor eye(std::int64_t n, const TensorOptions& options) {
  Tensor result = zeros({n, n}, options);
  const Tensor diagonal(result.storage(), {n}, {n + 1}, 0, options.dtype);
  diagonal.fill_(1);
  return result;
}

Tensor arange(double begin, double end, double step, const TensorOptions& options) {
  const double count = std::ceil((end - begin) / step);
  if (!(step != 0) || !(count >= 0) || !(count < 0x1p53)) {  // beyond, begin + i is inexact
    throw ValueError("[arange] expected a step that leads from begin to end, got begin " +
                     std::to_string(begin) + ", end " + std::to_string(end) + ", step " +
                     std::to_string(step));
  }
  const Tensor result = empty({static_cast<std::int64_t>(count)}, {.dtype = DType::kF64});
  auto* values = result.data<double>();
  for (std::int64_t i = 0; i < result.numel(); ++i)
    values[i] = begin + static_cast<double>(i) * step;
  return result.to(options.dtype).to(options.device);
}

Tensor linspace(double first, double last, std::int64_t count, const TensorOptions& options) {
  if (count < 0) {
    throw ValueError("[linspace] expected count >= 0, got " + std::to_string(count));
  }
  const Tensor result = empty({count}, {.dtype = DType::kF64});
  auto* values = result.data<double>();
  const double step = count > 1 ? (last - first) / static_cast<double>(count - 1) : 0;
  for (std::int64_t i = 0; i < count; ++i) {
    // Counted from the nearer end, so that both ends are exact.
    values[i] = i < count / 2 || count == 1 ? first + step * static_cast<double>(i)
                                            : last - step * static_cast<double>(count - 1 - i);
  }
  return result.to(options.dtype).to(options.device);
}

template <class T>
Tensor tensor(std::initializer_list<std::type_identity_t<T>> values) {
  return from_span(std::span<const T>(values.begin(), values.size()));
}

template <class T>
Tensor tensor(std::initializer_list<std::initializer_list<std::type_identity_t<T>>> rows) {
  return from_rows<T>(rows);
}

template <class T>
Tensor tensor(
    std::initializer_list<std::initializer_list<std::initializer_list<std::type_identity_t<T>>>>
        planes) {
  return from_planes<T>(planes);
}

Tensor tensor(std::initializer_list<float> values) { return tensor<float>(values); }

Tensor tensor(std::initializer_list<std::initializer_list<float>> rows) {
  return from_rows<float>(rows);
}

Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<float>>> planes) {
  return from_planes<float>(planes);
}

template <class T>
Tensor from_span(std::span<const T> values, std::optional<Shape> shape) {
  Shape wanted = shape ? *std::move(shape) : Shape{static_cast<std::int64_t>(values.size())};
  return from_values(values.data(), dtype_of<T>, std::move(wanted), values.size());
}
#define TENON_INSTANTIATE(T)                                                  \
  template Tensor from_span(std::span<const T>, std::optional<Shape>);        \
  template Tensor tensor<T>(std::initializer_list<T>);                        \
  template Tensor tensor<T>(std::initializer_list<std::initializer_list<T>>); \
  template Tensor tensor<T>(std::initializer_list<std::initializer_list<std::initializer_list<T>>>);
TENON_INSTANTIATE(float)
TENON_INSTANTIATE(double)
TENON_INSTANTIATE(BFloat16)
TENON_INSTANTIATE(Float16)
TENON_INSTANTIATE(std::int64_t)
TENON_INSTANTIATE(std::int32_t)
TENON_INSTANTIATE(std::uint8_t)
TENON_INSTANTIATE(bool)
#undef TENON_INSTANTIATE

}  // namespace tenon
