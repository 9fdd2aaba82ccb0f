#include "tensor/tensor.h"

#include <algorithm>
#include <cstring>

#include "tensor/backend.h"
#include "tensor/internal/check.h"

namespace tenon {
namespace {

/// Whether every element that a view sees lies in a storage of `room` elements.
bool lies_within(std::int64_t room, const Shape& shape, const Strides& strides,
                 std::int64_t offset) {
  if (offset < 0) return false;
  if (std::find(shape.begin(), shape.end(), 0) != shape.end()) return true;
  std::int64_t first = offset, last = offset;
  for (int i = 0; i < shape.size(); ++i) {
    std::int64_t reach = 0;
    if (__builtin_mul_overflow(shape[i] - 1, strides[i], &reach)) return false;
    std::int64_t& end = reach < 0 ? first : last;
    if (__builtin_add_overflow(end, reach, &end)) return false;
  }
  return first >= 0 && last < room;
}

bool dense_in_order(const Shape& shape, const Strides& strides,
                    std::span<const int> fastest_first) {
  std::int64_t expected = 1;
  for (const int dim : fastest_first) {
    if (shape[dim] != 1 && strides[dim] != expected) return false;
    expected *= shape[dim];
  }
  return true;
}

}  // namespace

Tensor::Tensor(internal::IntrusivePtr<Storage> storage, Shape shape, Strides strides,
               std::int64_t offset, DType dtype)
    : storage_(std::move(storage)),
      offset_(offset),
      numel_(tenon::numel(shape)),
      shape_(std::move(shape)),
      strides_(std::move(strides)),
      dtype_(dtype) {
  if (shape_.size() != strides_.size()) {
    throw ShapeError("[tensor] expected a stride for each dimension of " + to_string(shape_) +
                     ", got " + to_string(strides_));
  }
  const auto room = static_cast<std::int64_t>(storage_->bytes() / size_of(dtype_));
  if (!lies_within(room, shape_, strides_, offset_)) {
    throw ShapeError("[tensor] expected elements within a storage of " + std::to_string(room) +
                     ", got shape " + to_string(shape_) + ", strides " + to_string(strides_) +
                     " from " + std::to_string(offset_));
  }
}

std::int64_t Tensor::size(int dim) const {
  if (ndim() == 0) throw IndexError("[size] expected a tensor with dimensions, got a 0-d one");
  return shape_[normalize_dim(dim, ndim(), "size")];
}

bool Tensor::is_contiguous(Layout layout) const {
  if (numel_ <= 1) return true;
  if (layout == Layout::kChannelsLast) {
    constexpr int kOrder[] = {1, 3, 2, 0};
    return ndim() == 4 && dense_in_order(shape_, strides_, kOrder);
  }
  std::int64_t expected = 1;
  for (int i = ndim() - 1; i >= 0; --i) {
    if (shape_[i] != 1 && strides_[i] != expected) return false;
    expected *= shape_[i];
  }
  return true;
}

void Tensor::check_host_access(DType wanted) const {
  if (!defined()) throw ValueError("[data] expected a tensor, got an undefined one");
  if (wanted != dtype_) {
    throw DTypeError("[data] expected " + std::string(name(dtype_)) +
                     " (the tensor's dtype), got " + std::string(name(wanted)));
  }
  if (!device().is_cpu()) {
    throw DeviceError("[data] expected a tensor on the cpu, got one on " + to_string(device()));
  }
}

Tensor Tensor::element_at(std::span<const std::int64_t> index, bool only_one) const {
  if (!defined()) throw ValueError("[item] expected a tensor, got an undefined one");
  if (only_one ? numel_ != 1 : static_cast<int>(index.size()) != ndim()) {
    throw ShapeError(
        only_one ? "[item] expected a tensor with one element, got shape " + to_string(shape_)
                 : "[item] expected " + std::to_string(ndim()) + " indices for shape " +
                       to_string(shape_) + ", got " + std::to_string(index.size()));
  }
  Tensor element = *this;
  for (std::size_t i = 0; i < index.size(); ++i) element = element.select(0, index[i]);
  return element.reshape({});
}

double Tensor::scalar_at(std::span<const std::int64_t> index, bool only_one) const {
  double value = 0;
  element_at(index, only_one).to(DType::kF64).copy_to_host(DType::kF64, &value);
  return value;
}

std::int64_t Tensor::integer_at(std::span<const std::int64_t> index, bool only_one) const {
  std::int64_t value = 0;
  element_at(index, only_one).to(DType::kI64).copy_to_host(DType::kI64, &value);
  return value;
}

void Tensor::copy_to_host(DType wanted, void* out) const {
  if (wanted != dtype_) {
    throw DTypeError("[to_vector] expected " + std::string(name(dtype_)) +
                     " (the tensor's dtype), got " + std::string(name(wanted)));
  }
  if (numel_ == 0) return;
  const Tensor dense = contiguous();
  if (device().is_cpu()) {
    std::memcpy(out, dense.raw_data(), dense.bytes());
  } else {
    backend(device()).copy_to_host(dense, out);
  }
}

Tensor Tensor::contiguous(Layout layout) const {
  if (is_contiguous(layout)) return *this;
  Tensor copy = empty(shape_, {.dtype = dtype_, .device = device(), .layout = layout});
  backend(device()).copy(*this, copy);
  return copy;
}

Tensor Tensor::clone() const {
  internal::check_defined("clone", "input", *this);
  return empty_like(*this).copy_(*this);
}

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
  internal::check_defined("to", "input", *this);
  Tensor converted = empty_like(*this, dtype);
  backend(device()).copy(*this, converted);
  return converted;
}

Tensor Tensor::to(Device target) const {
  if (target == device()) return *this;
  const Tensor source = contiguous();
  Tensor moved = empty(shape_, {.dtype = dtype_, .device = target});
  if (device().is_cpu()) {
    backend(target).copy_from_host(source.raw_data(), moved);
  } else if (target.is_cpu()) {
    backend(device()).copy_to_host(source, moved.raw_data());
  } else {
    backend(target).copy_from_peer(source, moved);
  }
  return moved;
}

Tensor Tensor::to(Layout layout) const {
  internal::check_defined("to", "input", *this);
  if (layout == Layout::kChannelsLast) internal::check_ndim("to", "input", *this, 4);
  return contiguous(layout);
}

const Tensor& Tensor::copy_(const Tensor& source) const {
  internal::check_defined("copy_", "target", *this);
  internal::check_defined("copy_", "source", source);
  if (source.shape() != shape_ && broadcast_shapes(source.shape(), shape_, "copy_") != shape_) {
    throw ShapeError("[copy_] expected a source that broadcasts to " + to_string(shape_) +
                     ", got " + internal::describe(source));
  }
  if (source.device() != device()) return copy_(source.to(device()));
  storage_->bump_version();
  backend(device()).copy(source.shape() == shape_ ? source : source.expand(shape_), *this);
  return *this;
}

const Tensor& Tensor::fill_(double value) const {
  internal::check_defined("fill_", "target", *this);
  storage_->bump_version();
  backend(device()).fill(value, *this);
  return *this;
}

}  // namespace tenon
