// Sizes and strides of tensors.
#ifndef TENON_TENSOR_SHAPE_H_
#define TENON_TENSOR_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace tenon {

/// A short list of 64-bit numbers, one per dimension. Up to six live inside the object.
class Dims {
 public:
  static constexpr int kInline = 6;

  Dims() = default;
  Dims(std::initializer_list<std::int64_t> values)
      : Dims(std::span<const std::int64_t>(values.begin(), values.size())) {}
  explicit Dims(std::span<const std::int64_t> values);
  /// `count` numbers, each `value`.
  static Dims filled(int count, std::int64_t value);

  Dims(const Dims& other) { assign(other); }
  Dims(Dims&& other) noexcept : size_(std::exchange(other.size_, 0)) {
    heap_ = std::exchange(other.heap_, nullptr);
    if (!heap_) copy_inline(other);
  }
  Dims& operator=(const Dims& other) {
    if (this != &other) assign(other);
    return *this;
  }
  Dims& operator=(Dims&& other) noexcept {
    std::swap(heap_, other.heap_);
    std::swap(size_, other.size_);
    if (!heap_) copy_inline(other);
    return *this;
  }
  ~Dims() { delete[] heap_; }

  int size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::int64_t operator[](int i) const { return data()[i]; }
  std::int64_t& operator[](int i) { return data()[i]; }
  const std::int64_t* begin() const { return data(); }
  const std::int64_t* end() const { return data() + size_; }
  std::int64_t* begin() { return data(); }
  std::int64_t* end() { return data() + size_; }
  std::int64_t back() const { return data()[size_ - 1]; }

  void push_back(std::int64_t value) { insert(size_, value); }
  /// Puts `value` before position `at` (0 ≤ at ≤ size).
  void insert(int at, std::int64_t value);
  /// Removes position `at` (0 ≤ at < size).
  void erase(int at);

  bool operator==(const Dims& other) const;
  operator std::span<const std::int64_t>() const {
    return {data(), static_cast<std::size_t>(size_)};
  }

 private:
  const std::int64_t* data() const { return heap_ ? heap_ : inline_; }
  std::int64_t* data() { return heap_ ? heap_ : inline_; }
  void assign(const Dims& other);
  void copy_inline(const Dims& other) {
    for (int i = 0; i < kInline; ++i) inline_[i] = other.inline_[i];
  }

  std::int64_t inline_[kInline] = {};
  std::int64_t* heap_ = nullptr;  // owned; in use when size_ > kInline
  int size_ = 0;
};

/// Sizes, outermost dimension first. A 0-d shape `{}` has one element.
using Shape = Dims;
/// Steps in elements from one index to the next, per dimension.
using Strides = Dims;

/// Which dimensions an operation works on, from the end where negative: a list, a span or a vector,
/// which must outlive the call.
class DimList {
 public:
  DimList() = default;
  DimList(std::initializer_list<int> dims) : dims_(dims.begin(), dims.size()) {}
  DimList(std::span<const int> dims) : dims_(dims) {}
  DimList(const std::vector<int>& dims) : dims_(dims) {}

  bool empty() const { return dims_.empty(); }
  auto begin() const { return dims_.begin(); }
  auto end() const { return dims_.end(); }

 private:
  std::span<const int> dims_;
};

/// Product of the sizes. Throws ShapeError for a negative size, or a product beyond 2^63 - 1.
std::int64_t numel(const Shape& shape);

/// Strides of a dense array whose last dimension is the fastest.
Strides row_major_strides(const Shape& shape);

/// Three sizes: the product of those before `dim` (from 0), its own, the product of those after it;
/// all 1 for a 0-d shape.
Shape around(const Shape& shape, int dim);

/// The shape that both broadcast to: aligned at the last dimension, sizes equal or one of them 1.
/// Throws ShapeError that names `op`.
Shape broadcast_shapes(const Shape& a, const Shape& b, const char* op);

/// `dim`, counted from the end where negative, as an index from 0. Throws IndexError that names `op`.
int normalize_dim(int dim, int ndim, const char* op);

/// "[2,3]".
std::string to_string(const Dims& dims);

}  // namespace tenon

#endif  // TENON_TENSOR_SHAPE_H_
