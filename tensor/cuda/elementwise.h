// The engine of element-by-element kernels: operands of any strides and dtypes, read and written in
// vectors of 16 bytes wherever they lie so.
//
//   struct Add : SameDtypes {
//     template <class C, int N> TENON_HOST_DEVICE
//     void operator()(const C (&in)[2][N], C (&out)[N]) const { …for each of N lanes… }
//   };
//   map<float, 2>("add", Add{}, {&a, &b}, out);
//
// Limit: the bytes of all operands over the memory's bandwidth. What an element costs beside its
// bytes, finding its place and looking at the dtypes, is paid once for a vector.
#ifndef TENON_TENSOR_CUDA_ELEMENTWISE_H_
#define TENON_TENSOR_CUDA_ELEMENTWISE_H_

#include <algorithm>
#include <array>
#include <cstdint>
#include <type_traits>

#include "tensor/cuda/element.h"
#include "tensor/cuda/grid.h"
#include "tensor/cuda/index_map.h"

namespace tenon::cuda {

/// Lanes of a vector: 16 bytes of the compute type, for 16-bit elements of twice as many.
template <class C>
inline constexpr int kVectorLanes = 16 / sizeof(C);

/// Base of operations whose operands all have dtypes that compute alike; others say kAny.
struct SameDtypes {
  static constexpr Dtypes kIn = Dtypes::kOfCompute, kOut = Dtypes::kOfCompute;
};

/// What a kernel knows of its operands; number 0 is the result.
template <int kOperands>
struct Operands {
  IndexMap<kOperands> map;
  Elements of[kOperands];
  std::int64_t count;
};

template <class C, int kInputs, int kLanes, class Op>
struct ElementwiseProgram {
  static constexpr const char* kName = "elementwise";
  static constexpr Dtypes kIn = Op::kIn, kOut = Op::kOut;

  Operands<kInputs + 1> operands;
  Op op;

  TENON_HOST_DEVICE void operator()(std::int64_t item) const {
    const std::int64_t first = item * kLanes;
    const auto at = operands.map.offsets(first);
    if (kLanes > 1 && first + kLanes > operands.count) {
      for (std::int64_t i = first; i < operands.count; ++i) one(at, i - first);
    } else if constexpr (kLanes == 1) {
      one(at, 0);
    } else {
      C in[kInputs > 0 ? kInputs : 1][kLanes], out[kLanes] = {};
      for (int k = 0; k < kInputs; ++k) {
        if (operands.map.inner_stride(k + 1) == 0) {
          const C value = load<C, kIn>(operands.of[k + 1], at.of[k + 1]);
          for (int i = 0; i < kLanes; ++i) in[k][i] = value;
        } else {
          load<C, kLanes, kIn>(operands.of[k + 1], at.of[k + 1], in[k]);
        }
      }
      op(in, out);
      store<C, kLanes, kOut>(operands.of[0], at.of[0], out);
    }
  }

 private:
  /// The element `step` further on along the innermost dimension.
  TENON_HOST_DEVICE void one(const Offsets<kInputs + 1>& at, std::int64_t step) const {
    C in[kInputs > 0 ? kInputs : 1][1], out[1] = {};
    for (int k = 0; k < kInputs; ++k) {
      in[k][0] =
          load<C, kIn>(operands.of[k + 1], at.of[k + 1] + step * operands.map.inner_stride(k + 1));
    }
    op(in, out);
    store<C, kOut>(operands.of[0], at.of[0] + step * operands.map.inner_stride(0), out[0]);
  }
};

/// Whether kernels may take `lanes` elements at once: each operand's innermost step is 1 (0 will do
/// for an argument) and each of its vectors is aligned. Only a single run may end in a shorter one.
template <int kOperands>
bool takes_vectors(const Operands<kOperands>& operands, int lanes) {
  const auto& map = operands.map;
  if (map.ndim() == 0 || (map.ndim() > 1 && map.inner_size() % lanes != 0)) return false;
  for (int k = 0; k < kOperands; ++k) {
    const std::int64_t inner = map.inner_stride(k);
    if (k > 0 && inner == 0) continue;
    if (inner != 1) return false;
    const auto address = reinterpret_cast<std::uintptr_t>(operands.of[k].data);
    if (address % pack_alignment(operands.of[k].dtype, lanes) != 0) return false;
    for (int d = 0; d + 1 < map.ndim(); ++d) {
      if (map.stride(d, k) % lanes != 0) return false;
    }
  }
  return true;
}

template <int kLanes, class C, int kInputs, class Op>
void launch_lanes(const Operands<kInputs + 1>& operands, const Op& op) {
  launch_items((operands.count + kLanes - 1) / kLanes,
               ElementwiseProgram<C, kInputs, kLanes, Op>{operands, op});
}

/// out = op(inputs), all of one shape.
template <class C, std::size_t kInputs, class Op>
void map(const char* name, const Op& op, const std::array<const Tensor*, kInputs>& inputs,
         const Tensor& out) {
  if (out.numel() == 0) return;
  constexpr int kCount = static_cast<int>(kInputs);
  std::array<const Tensor*, kInputs + 1> tensors{&out};
  std::copy(inputs.begin(), inputs.end(), tensors.begin() + 1);
  Operands<kCount + 1> operands{index_map<kCount + 1>(name, tensors), {}, out.numel()};
  bool narrow = true;  // 16-bit elements only
  for (std::size_t k = 0; k <= kInputs; ++k) {
    operands.of[k] = {tensors[k]->raw_data(), tensors[k]->dtype()};
    narrow = narrow && size_of(tensors[k]->dtype()) == 2;
  }
  constexpr int kLanes = std::is_same_v<C, std::int64_t> ? 4 : kVectorLanes<C>;
  if (std::is_same_v<C, float> && narrow && takes_vectors(operands, 2 * kLanes)) {
    if constexpr (std::is_same_v<C, float>) launch_lanes<2 * kLanes, C, kCount>(operands, op);
  } else if (takes_vectors(operands, kLanes)) {
    launch_lanes<kLanes, C, kCount>(operands, op);
  } else {
    launch_lanes<1, C, kCount>(operands, op);
  }
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_ELEMENTWISE_H_
