#include "tensor/cpu/elementwise.h"
#include "tensor/cpu/kernels.h"

namespace tenon::cpu {
namespace {

template <class C>
using Kernel = void (*)(const C* a, const C* b, bool* out, std::int64_t count);

template <class C, class F>
constexpr Kernel<C> kernel(F) {
  return [](const C* a, const C* b, bool* out, std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = F{}(a[i], b[i]);
  };
}

template <class C>
Kernel<C> kernel_of(CompareOp op) {
  switch (op) {
    case CompareOp::kEq:
      return kernel<C>([](C a, C b) { return a == b; });
    case CompareOp::kNe:
      return kernel<C>([](C a, C b) { return a != b; });
    case CompareOp::kLt:
      return kernel<C>([](C a, C b) { return a < b; });
    case CompareOp::kLe:
      return kernel<C>([](C a, C b) { return a <= b; });
    case CompareOp::kGt:
      return kernel<C>([](C a, C b) { return a > b; });
    case CompareOp::kGe:
      return kernel<C>([](C a, C b) { return a >= b; });
    case CompareOp::kAnd:
      return kernel<C>([](C a, C b) { return (a != 0) & (b != 0); });
    case CompareOp::kOr:
      return kernel<C>([](C a, C b) { return (a != 0) | (b != 0); });
    case CompareOp::kXor:
      return kernel<C>([](C a, C b) { return (a != 0) != (b != 0); });
  }
  return nullptr;
}

/// Chosen elements of one run; a stride known when compiled (not `kAnyStride`) makes it vectors.
/// Bits are masked: for `c ? left : right` GCC branches, and where signs are random each branch
/// that the processor guesses wrongly costs as much as a dozen elements.
constexpr int kAnyStride = -1;
template <class T, int kStrideA, int kStrideB>
void choose(const Run& to, const Run& condition, const Run& a, const Run& b, std::int64_t count) {
  constexpr bool known = kStrideA != kAnyStride;
  const auto* c = reinterpret_cast<const bool*>(condition.data);
  const T* x = reinterpret_cast<const T*>(a.data);
  const T* y = reinterpret_cast<const T*>(b.data);
  T* z = reinterpret_cast<T*>(to.data);
  const std::int64_t stride_c = known ? 1 : condition.stride, stride_z = known ? 1 : to.stride;
  const std::int64_t stride_x = known ? kStrideA : a.stride, stride_y = known ? kStrideB : b.stride;
  TENON_VECTORIZE
  for (std::int64_t i = 0; i < count; ++i) {
    const T left = x[i * stride_x], right = y[i * stride_y];
    const T mask = static_cast<T>(-static_cast<T>(c[i * stride_c]));
    z[i * stride_z] = static_cast<T>(right ^ ((left ^ right) & mask));
  }
}

template <class T>
void choose(const Run& to, const Run& condition, const Run& a, const Run& b, std::int64_t count) {
  const bool dense = to.stride == 1 && condition.stride == 1;
  if (dense && a.stride == 1 && b.stride == 1) return choose<T, 1, 1>(to, condition, a, b, count);
  if (dense && a.stride == 0 && b.stride == 1) return choose<T, 0, 1>(to, condition, a, b, count);
  if (dense && a.stride == 1 && b.stride == 0) return choose<T, 1, 0>(to, condition, a, b, count);
  choose<T, kAnyStride, kAnyStride>(to, condition, a, b, count);
}

/// Moves bytes: an unsigned type of the size stands for every element type.
template <class F>
void dispatch_size(DType dtype, const F& fn) {
  switch (size_of(dtype)) {
    case 1:
      return fn.template operator()<std::uint8_t>();
    case 2:
      return fn.template operator()<std::uint16_t>();
    case 4:
      return fn.template operator()<std::uint32_t>();
    default:
      return fn.template operator()<std::uint64_t>();
  }
}

}  // namespace

void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(a.dtype(), [&]<class C>() {
    const Kernel<C> kernel = kernel_of<C>(op);
    for_each_run<3>({&out, &a, &b}, [&](const std::array<Run, 3>& runs, std::int64_t length) {
      Pieces<C> left(runs[1], length), right(runs[2], length);
      bool buffer[kChunk];
      for (std::int64_t i = 0; i < length; i += kChunk) {
        const std::int64_t n = std::min(kChunk, length - i);
        const Run piece = at(runs[0], i);
        bool* result = piece.stride == 1 ? reinterpret_cast<bool*>(piece.data) : buffer;
        kernel(left.at(i, n), right.at(i, n), result, n);
        for (std::int64_t j = 0; result == buffer && j < n; ++j) {
          reinterpret_cast<bool*>(piece.data)[j * piece.stride] = buffer[j];
        }
      }
    });
  });
}

void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_size(out.dtype(), [&]<class T>() {
    for_each_run<4>({&out, &condition, &a, &b},
                    [](const std::array<Run, 4>& runs, std::int64_t length) {
                      choose<T>(runs[0], runs[1], runs[2], runs[3], length);
                    });
  });
}

}  // namespace tenon::cpu
