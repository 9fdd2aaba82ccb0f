#include "tensor/shape.h"

#include <algorithm>

#include "tensor/error.h"

namespace tenon {

Dims::Dims(std::span<const std::int64_t> values) : size_(static_cast<int>(values.size())) {
  if (size_ > kInline) heap_ = new std::int64_t[size_];
  std::copy(values.begin(), values.end(), begin());
}

Dims Dims::filled(int count, std::int64_t value) {
  Dims dims;
  dims.size_ = count;
  if (count > kInline) dims.heap_ = new std::int64_t[count];
  std::fill(dims.begin(), dims.end(), value);
  return dims;
}

void Dims::assign(const Dims& other) {
  std::int64_t* heap = other.heap_ ? new std::int64_t[other.size_] : nullptr;
  delete[] heap_;
  heap_ = heap;
  size_ = other.size_;
  if (heap_) {
    std::copy(other.begin(), other.end(), heap_);
  } else {
    copy_inline(other);
  }
}

void Dims::insert(int at, std::int64_t value) {
  Dims grown = filled(size_ + 1, value);
  std::copy(begin(), begin() + at, grown.begin());
  std::copy(begin() + at, end(), grown.begin() + at + 1);
  *this = std::move(grown);
}

void Dims::erase(int at) {
  Dims shrunk = filled(size_ - 1, 0);
  std::copy(begin(), begin() + at, shrunk.begin());
  std::copy(begin() + at + 1, end(), shrunk.begin() + at);
  *this = std::move(shrunk);
}

bool Dims::operator==(const Dims& other) const {
  return std::equal(begin(), end(), other.begin(), other.end());
}

std::int64_t numel(const Shape& shape) {
  std::int64_t count = 1;
  bool overflow = false;
  bool empty = false;
  for (const std::int64_t size : shape) {
    if (size < 0) {
      throw ShapeError("[shape] expected sizes of at least 0, got " + to_string(shape));
    }
    empty |= size == 0;
    overflow |= __builtin_mul_overflow(count, size, &count);
  }
  if (empty) return 0;
  if (overflow) {
    throw ShapeError("[shape] expected at most 2^63 - 1 elements, got " + to_string(shape));
  }
  return count;
}

Strides row_major_strides(const Shape& shape) {
  Strides strides = Dims::filled(shape.size(), 1);
  for (int i = shape.size() - 2; i >= 0; --i) {
    // Overflows only where another size is 0, and then no stride is ever used.
    __builtin_mul_overflow(strides[i + 1], std::max<std::int64_t>(shape[i + 1], 1), &strides[i]);
  }
  return strides;
}

Shape around(const Shape& shape, int dim) {
  Shape sizes{1, shape.empty() ? 1 : shape[dim], 1};
  for (int i = 0; i < shape.size(); ++i) {
    if (i != dim) sizes[i < dim ? 0 : 2] *= shape[i];
  }
  return sizes;
}

Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op) {
  const Shape& longer = a.size() >= b.size() ? a : b;
  const Shape& shorter = a.size() >= b.size() ? b : a;
  const int lead = longer.size() - shorter.size();
  Shape shape = longer;
  for (int i = 0; i < shorter.size(); ++i) {
    const std::int64_t other = shorter[i];
    std::int64_t& size = shape[lead + i];
    if (size == 1) {
      size = other;
    } else if (other != 1 && other != size) {
      throw ShapeError("[" + std::string(op) + "] expected shapes that broadcast, got " +
                       to_string(a) + " and " + to_string(b));
    }
  }
  return shape;
}

int normalize_dim(int dim, int ndim, const char* op) {
  const int range = std::max(ndim, 1);  // a 0-d tensor takes dim 0 and -1, as in PyTorch
  if (dim < -range || dim >= range) {
    throw IndexError("[" + std::string(op) + "] expected dim in [" + std::to_string(-range) + ", " +
                     std::to_string(range - 1) + "], got " + std::to_string(dim));
  }
  return dim < 0 ? dim + range : dim;
}

std::string to_string(const Dims& dims) {
  std::string text = "[";
  for (int i = 0; i < dims.size(); ++i) {
    if (i > 0) text += ',';
    text += std::to_string(dims[i]);
  }
  return text + "]";
}

}  // namespace tenon
