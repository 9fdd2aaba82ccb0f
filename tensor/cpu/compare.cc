#include "tensor/cpu/chunk.h"
#include "tensor/cpu/kernels.h"
#include "tensor/cpu/strided_loop.h"

namespace tenon::cpu {
namespace {

template <class C>
using Kernel = void (*)(const C* a, const C* b, std::int64_t* out, std::int64_t count);

template <class C, class F>
constexpr Kernel<C> kernel(F) {
  return [](const C* a, const C* b, std::int64_t* out, std::int64_t count) {
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
  }
  return nullptr;
}

}  // namespace

void compare(CompareOp op, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_compute(a.dtype(), [&]<class C>() {
    const Kernel<C> kernel = kernel_of<C>(op);
    for_each_run<3>({&out, &a, &b}, [&](const std::array<Run, 3>& runs, std::int64_t length) {
      alignas(kBufferAlignment) C buffer_a[kChunk], buffer_b[kChunk];
      std::int64_t result[kChunk];
      for (std::int64_t i = 0; i < length; i += kChunk) {
        const std::int64_t n = std::min(kChunk, length - i);
        kernel(contiguous_run(at(runs[1], i), n, buffer_a),
               contiguous_run(at(runs[2], i), n, buffer_b), result, n);
        scatter(result, n, at(runs[0], i));
      }
    });
  });
}

void where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& out) {
  dispatch_element(out.dtype(), [&]<class T>() {
    for_each_run<4>(
        {&out, &condition, &a, &b}, [](const std::array<Run, 4>& runs, std::int64_t length) {
          const auto [to, chosen, from_a, from_b] = runs;
          const auto* c = reinterpret_cast<const bool*>(chosen.data);
          const T* x = reinterpret_cast<const T*>(from_a.data);
          const T* y = reinterpret_cast<const T*>(from_b.data);
          T* z = reinterpret_cast<T*>(to.data);
          for (std::int64_t i = 0; i < length; ++i) {
            z[i * to.stride] =
                c[i * chosen.stride] ? x[i * from_a.stride] : y[i * from_b.stride];
          }
        });
  });
}

}  // namespace tenon::cpu
