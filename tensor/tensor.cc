#include "tensor/tensor.h"

#include <algorithm>
#include <cstring>

#include "tensor/backend.h"

namespace tenon {
namespace {

/// Elements from the first to one past the last that strides reach.
std::int64_t extent(const Shape& shape, const Strides& strides) {
  std::int64_t last = 0;
  for (int i = 0; i < shape.size(); ++i) {
    if (shape[i] == 0) return 0;
    last += (shape[i] - 1) * strides[i];
  }
  return last + 1;
}

bool dense_in_order(const Shape& shape, const Strides& strides, std::span<const int> fastest_first) {
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
  if (offset_ < 0 || offset_ + extent(shape_, strides_) > room) {
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
    throw DTypeError("[data] expected " + std::string(name(dtype_)) + " (the tensor's dtype), got " +
                     std::string(name(wanted)));
  }
  if (!device().is_cpu()) {
    throw DeviceError("[data] expected a tensor on the cpu, got one on " + to_string(device()));
  }
}

double Tensor::scalar_at(std::span<const std::int64_t> index, bool only_one) const {
  if (!defined()) throw ValueError("[item] expected a tensor, got an undefined one");
  if (only_one ? numel_ != 1 : static_cast<int>(index.size()) != ndim()) {
    throw ShapeError(only_one ? "[item] expected a tensor with one element, got shape " +
                                    to_string(shape_)
                              : "[item] expected " + std::to_string(ndim()) + " indices for shape " +
                                    to_string(shape_) + ", got " + std::to_string(index.size()));
  }
  Tensor element = *this;
  for (std::size_t i = 0; i < index.size(); ++i) element = element.select(0, index[i]);
  double value = 0;
  element.reshape({}).to(DType::kF64).copy_to_host(DType::kF64, &value);
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

Tensor Tensor::clone() const { return empty_like(*this).copy_(*this); }

Tensor Tensor::to(DType dtype) const {
  if (dtype == dtype_) return *this;
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
    return source.to(kCpu).to(target);
  }
  return moved;
}

const Tensor& Tensor::copy_(const Tensor& source) const {
  if (source.device() != device()) return copy_(source.to(device()));
  storage_->bump_version();
  backend(device()).copy(source.shape() == shape_ ? source : source.expand(shape_), *this);
  return *this;
}

const Tensor& Tensor::fill_(double value) const {
  storage_->bump_version();
  backend(device()).fill(value, *this);
  return *this;
}

}  // namespace tenon
