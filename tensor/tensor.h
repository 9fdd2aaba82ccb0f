// n-d arrays.
//
//   Tensor x = zeros({2, 3});                       // f32 on the CPU
//   Tensor y = tensor({{1, 2, 3}, {4, 5, 6}});      // from nested lists
//   Tensor z = y.transpose(0, 1).slice(0, 0, 2);    // views: no bytes move
//   double first = z.item<float>({0, 0});
//
// A Tensor is a cheap handle: copying it shares the elements. Views (reshape of a dense tensor,
// transpose, slice, expand …) share them too; `clone` and `contiguous` make new ones. Semantics are
// those of PyTorch and NumPy. The operations on tensors are in tensor/ops.h.
#ifndef TENON_TENSOR_TENSOR_H_
#define TENON_TENSOR_TENSOR_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "tensor/device.h"
#include "tensor/dtype.h"
#include "tensor/error.h"
#include "tensor/shape.h"
#include "tensor/storage.h"

namespace tenon {

/// Order of the elements in memory. Images keep the logical shape N,C,H,W in either.
enum class Layout : std::uint8_t {
  kRowMajor,      ///< last dimension fastest
  kChannelsLast,  ///< 4-d only: strides of N,H,W,C
};

/// What a new tensor is made of.
struct TensorOptions {
  DType dtype = DType::kF32;
  Device device = kCpu;
  Layout layout = Layout::kRowMajor;
};

class Tensor {
 public:
  /// An undefined tensor: it has no elements and no operation takes it.
  Tensor() = default;
  /// A view into `storage` that begins `offset` elements from its start. For backends and readers;
  /// throws ShapeError where an element would lie outside the storage.
  Tensor(internal::IntrusivePtr<Storage> storage, Shape shape, Strides strides, std::int64_t offset,
         DType dtype);

  bool defined() const { return static_cast<bool>(storage_); }
  const Shape& shape() const { return shape_; }
  const Strides& strides() const { return strides_; }
  int ndim() const { return shape_.size(); }
  /// Size of dimension `dim`, from the end where negative. Throws IndexError.
  std::int64_t size(int dim) const;
  std::int64_t numel() const { return numel_; }
  std::size_t bytes() const { return static_cast<std::size_t>(numel_) * size_of(dtype_); }
  DType dtype() const { return dtype_; }
  Device device() const { return storage_ ? storage_->device() : kCpu; }
  TensorOptions options() const { return {.dtype = dtype_, .device = device()}; }
  /// Whether the elements lie dense in memory in this order.
  bool is_contiguous(Layout layout = Layout::kRowMajor) const;

  /// Address of the first element. Throws DTypeError where T is not the dtype, DeviceError where
  /// the elements are not in host memory.
  template <class T>
  T* data() const {
    check_host_access(dtype_of<T>);
    return static_cast<T*>(raw_data());
  }
  /// Address of the first element in the device's memory, unchecked.
  void* raw_data() const {
    return storage_->data() + offset_ * static_cast<std::int64_t>(size_of(dtype_));
  }
  /// The one element of a tensor with numel 1, or the one at `index`, converted to T.
  /// Throws ShapeError, IndexError.
  template <class T>
  T item() const {
    return scalar_as<T>({}, true);
  }
  template <class T>
  T item(std::initializer_list<std::int64_t> index) const {
    return scalar_as<T>(index, false);
  }
  /// All elements in row-major order. Throws DTypeError where T is not the dtype.
  template <class T>
  std::vector<T> to_vector() const {
    std::vector<T> values(static_cast<std::size_t>(numel_));
    copy_to_host(dtype_of<T>, values.data());
    return values;
  }

  // Views. Each shares the elements; dimensions count from the end where negative.

  /// The same elements under another shape; one size may be -1. A view where the strides allow it,
  /// else a copy. Throws ShapeError.
  Tensor reshape(Shape shape) const;
  /// As reshape, but throws ShapeError instead of copying.
  Tensor view(Shape shape) const;
  /// Merges dimensions first..last into one (a copy where the strides require it).
  Tensor flatten(int first = 0, int last = -1) const;
  Tensor transpose(int dim0, int dim1) const;
  /// 2-d transpose. Throws ShapeError for other ranks.
  Tensor t() const;
  /// Dimension i of the result is dimension order[i] of this. Throws ShapeError.
  Tensor permute(std::span<const int> order) const;
  Tensor permute(std::initializer_list<int> order) const {
    return permute(std::span<const int>(order.begin(), order.size()));
  }
  /// Elements begin, begin+step, … below end of one dimension. Bounds are clipped as in NumPy;
  /// step > 0. Throws IndexError, ValueError.
  Tensor slice(int dim, std::int64_t begin, std::int64_t end = INT64_MAX,
               std::int64_t step = 1) const;
  /// One index of one dimension, which disappears. Throws IndexError.
  Tensor select(int dim, std::int64_t index) const;
  /// `length` indices from `begin`. Throws IndexError.
  Tensor narrow(int dim, std::int64_t begin, std::int64_t length) const;
  /// Drops one dimension of size 1 (a larger one is kept), or all of them.
  Tensor squeeze(int dim) const;
  Tensor squeeze() const;
  /// Inserts a dimension of size 1 before `dim`.
  Tensor unsqueeze(int dim) const;
  /// Repeats dimensions of size 1, and new leading ones, without copying. -1 keeps a size.
  /// Throws ShapeError.
  Tensor expand(const Shape& shape) const;
  /// Parts of `size` along `dim`, the last one smaller where they do not divide it; parts of these
  /// sizes, which must add up. Throws ValueError, ShapeError.
  std::vector<Tensor> split(std::int64_t size, int dim = 0) const;
  std::vector<Tensor> split(std::span<const std::int64_t> sizes, int dim = 0) const;
  std::vector<Tensor> split(std::initializer_list<std::int64_t> sizes, int dim = 0) const {
    return split(std::span<const std::int64_t>(sizes.begin(), sizes.size()), dim);
  }
  /// At most `count` parts of equal size, the last one smaller where they do not divide it (as in
  /// PyTorch, 5 into 4 gives 2, 2, 1). Throws ValueError.
  std::vector<Tensor> chunk(std::int64_t count, int dim = 0) const;
  /// The elements [.., i, .., i + offset, ..] of two dimensions, which move to one at the end.
  /// Throws IndexError, ShapeError.
  Tensor diagonal(std::int64_t offset = 0, int dim0 = 0, int dim1 = 1) const;
  /// One dimension in the shape `sizes` (one may be -1): flatten's inverse. Throws ShapeError.
  Tensor unflatten(int dim, const Shape& sizes) const;
  /// Dimension `from` at position `to`; the others keep their order.
  Tensor movedim(int from, int to) const;

  // Copies.

  /// This tensor if it is dense in that order, else a copy that is.
  Tensor contiguous(Layout layout = Layout::kRowMajor) const;
  /// New elements with the same values, dense, in this tensor's memory order where it is dense.
  Tensor clone() const;
  /// This tensor where nothing changes, else a converted copy. Floating to integral truncates;
  /// anything to bool is `!= 0`.
  Tensor to(DType dtype) const;
  Tensor to(Device device) const;
  /// As contiguous(layout). Throws ShapeError for channels-last of other than 4 dimensions.
  Tensor to(Layout layout) const;

  // Writes in place. Each bumps the storage's version.

  /// Copies `source`, broadcast and converted, into these elements. Throws ShapeError.
  const Tensor& copy_(const Tensor& source) const;
  const Tensor& fill_(double value) const;

  const internal::IntrusivePtr<Storage>& storage() const { return storage_; }
  /// Elements from the start of the storage to the first one.
  std::int64_t offset() const { return offset_; }

 private:
  struct Unchecked {};
  Tensor(Unchecked, internal::IntrusivePtr<Storage> storage, const Shape& shape,
         const Strides& strides, std::int64_t offset, std::int64_t numel, DType dtype)
      : storage_(std::move(storage)),
        offset_(offset),
        numel_(numel),
        shape_(shape),
        strides_(strides),
        dtype_(dtype) {}
  friend Tensor empty(const Shape& shape, const TensorOptions& options);
  friend Tensor empty_like(const Tensor& prototype, DType dtype);

  Tensor with(const Shape& shape, const Strides& strides, std::int64_t offset) const;
  void check_host_access(DType wanted) const;
  /// By way of f64, except from one integral type to another: f64 holds no i64 beyond 2^53.
  template <class T>
  T scalar_as(std::span<const std::int64_t> index, bool only_one) const {
    const bool integral = std::is_integral_v<T> && !is_floating(dtype_);
    return integral ? static_cast<T>(integer_at(index, only_one))
                    : static_cast<T>(scalar_at(index, only_one));
  }
  Tensor element_at(std::span<const std::int64_t> index, bool only_one) const;
  double scalar_at(std::span<const std::int64_t> index, bool only_one) const;
  std::int64_t integer_at(std::span<const std::int64_t> index, bool only_one) const;
  void copy_to_host(DType wanted, void* out) const;

  internal::IntrusivePtr<Storage> storage_;
  std::int64_t offset_ = 0;
  std::int64_t numel_ = 0;
  Shape shape_;
  Strides strides_;
  DType dtype_ = DType::kF32;
};

// Creation.

/// Uninitialized elements. Throws ShapeError (negative or overflowing sizes), OutOfMemoryError.
Tensor empty(const Shape& shape, const TensorOptions& options = {});
/// Uninitialized, with the prototype's shape, device and memory order.
Tensor empty_like(const Tensor& prototype, DType dtype);
inline Tensor empty_like(const Tensor& prototype) {
  return empty_like(prototype, prototype.dtype());
}
Tensor full(const Shape& shape, double value, const TensorOptions& options = {});
Tensor zeros(const Shape& shape, const TensorOptions& options = {});
Tensor ones(const Shape& shape, const TensorOptions& options = {});
Tensor zeros_like(const Tensor& prototype);
Tensor ones_like(const Tensor& prototype);
Tensor full_like(const Tensor& prototype, double value);
/// The n x n identity.
Tensor eye(std::int64_t n, const TensorOptions& options = {});
/// begin, begin + step, … before end. Throws ValueError where step leads away from end or is 0.
Tensor arange(double begin, double end, double step = 1,
              const TensorOptions& options = {.dtype = DType::kI64});
/// `count` values from first to last inclusive.
Tensor linspace(double first, double last, std::int64_t count, const TensorOptions& options = {});
/// A 0-d tensor.
Tensor scalar(double value, const TensorOptions& options = {});

/// f32 tensors from lists, one to three levels deep. Throws ShapeError for ragged lists. (For C++ a
/// list of lists of one element each is ambiguous: write `tensor({1, 2}).unsqueeze(1)`.)
Tensor tensor(std::initializer_list<float> values);
Tensor tensor(std::initializer_list<std::initializer_list<float>> rows);
Tensor tensor(std::initializer_list<std::initializer_list<std::initializer_list<float>>> planes);
/// The same of another element type: `tensor<std::int64_t>({{1, 2}, {3, 4}})`.
template <class T>
Tensor tensor(std::initializer_list<std::type_identity_t<T>> values);
template <class T>
Tensor tensor(std::initializer_list<std::initializer_list<std::type_identity_t<T>>> rows);
template <class T>
Tensor tensor(
    std::initializer_list<std::initializer_list<std::initializer_list<std::type_identity_t<T>>>>
        planes);

/// A copy of `values`, in row-major order, under `shape` (by default 1-d).
/// Throws ShapeError where the counts differ.
template <class T>
Tensor from_span(std::span<const T> values, std::optional<Shape> shape = std::nullopt);
template <class T>
Tensor from_vector(const std::vector<T>& values, std::optional<Shape> shape = std::nullopt) {
  return from_span(std::span<const T>(values), std::move(shape));
}

/// Values as NumPy prints them, abridged above 1000 elements, with shape and dtype.
std::string to_string(const Tensor& tensor);

}  // namespace tenon

#endif  // TENON_TENSOR_TENSOR_H_
