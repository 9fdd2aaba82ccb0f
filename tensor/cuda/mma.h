// A warp's product of small matrices by tensor cores, on fragments as fragment.h has them.
#ifndef TENON_TENSOR_CUDA_MMA_H_
#define TENON_TENSOR_CUDA_MMA_H_

#include <cstdint>
#include <type_traits>

#include "tensor/cuda/block.h"
#include "tensor/cuda/element.h"
#include "tensor/cuda/fragment.h"

namespace tenon::cuda {

/// Two numbers rounded to T, the first in the lower half.
template <class T>
TENON_DEVICE std::uint32_t pack_pair(float first, float second) {
#if defined(__CUDACC__)
  std::uint32_t pair;
  if constexpr (std::is_same_v<T, BFloat16>) {
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  } else {
    asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(second), "f"(first));
  }
  return pair;
#else
  const std::uint32_t lower = convert<T>(first).bits, upper = convert<T>(second).bits;
  return upper << 16 | lower;
#endif
}

#if defined(__CUDACC__)

/// d += a b.
template <class T>
__device__ void mma(PerLane<FragmentD>& d, PerLane<FragmentA>& a, PerLane<FragmentB>& b) {
  float(&sum)[4] = d[0].sum;
  const std::uint32_t(&left)[4] = a[0].pair;
  const std::uint32_t(&right)[2] = b[0].pair;
  if constexpr (std::is_same_v<T, BFloat16>) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 "
        "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
  } else {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 "
        "{%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(sum[0]), "+f"(sum[1]), "+f"(sum[2]), "+f"(sum[3])
        : "r"(left[0]), "r"(left[1]), "r"(left[2]), "r"(left[3]), "r"(right[0]), "r"(right[1]));
  }
}

#else

template <class T>
float element_of(const std::uint32_t* pairs, int i) {
  T value;
  value.bits = static_cast<std::uint16_t>(pairs[i / 2] >> (i % 2 == 0 ? 0 : 16));
  return widen(value);
}

template <class T>
void mma(PerLane<FragmentD>& d, PerLane<FragmentA>& a, PerLane<FragmentB>& b) {
  float left[16][16], right[16][8];
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 8; ++i) {
      const Position at = position_in_a(lane, i);
      left[at.row][at.column] = element_of<T>(a[lane].pair, i);
    }
    for (int i = 0; i < 4; ++i) {
      const Position at = position_in_b(lane, i);
      right[at.row][at.column] = element_of<T>(b[lane].pair, i);
    }
  }
  for (int lane = 0; lane < kWarp; ++lane) {
    for (int i = 0; i < 4; ++i) {
      const Position at = position_in_d(lane, i);
      float sum = d[lane].sum[i];
      for (int k = 0; k < 16; ++k) sum += left[at.row][k] * right[k][at.column];
      d[lane].sum[i] = sum;
    }
  }
}

#endif

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_MMA_H_
