// Which elements of three small matrices the lanes of a warp hold while tensor cores multiply them:
// D [16,8] = A [16,16] B [16,8] + D of bf16 or f16 with sums in f32, mma.sync.m16n8k16. (NVIDIA,
// PTX ISA 9.0, §9.7.14.5.8, "Matrix fragments for mma.m16n8k16 with floating point type")
#ifndef TENON_TENSOR_CUDA_FRAGMENT_H_
#define TENON_TENSOR_CUDA_FRAGMENT_H_

#include <cstdint>

#include "tensor/internal/host_device.h"

namespace tenon::cuda {

/// What a lane holds: two elements a register, the first in its lower half, and four sums.
struct FragmentA {
  std::uint32_t pair[4];
};
struct FragmentB {
  std::uint32_t pair[2];
};
struct FragmentD {
  float sum[4];
};

struct Position {
  int row, column;
};

/// Eight groups of four lanes.
TENON_HOST_DEVICE constexpr int lane_group(int lane) { return lane >> 2; }
TENON_HOST_DEVICE constexpr int lane_in_group(int lane) { return lane & 3; }

/// Element i, of 8, 4 and 4: pair[i / 2] or sum[i].
TENON_HOST_DEVICE constexpr Position position_in_a(int lane, int i) {
  return {lane_group(lane) + ((i & 2) != 0 ? 8 : 0),
          2 * lane_in_group(lane) + (i & 1) + (i < 4 ? 0 : 8)};
}
TENON_HOST_DEVICE constexpr Position position_in_b(int lane, int i) {
  return {2 * lane_in_group(lane) + (i & 1) + (i < 2 ? 0 : 8), lane_group(lane)};
}
TENON_HOST_DEVICE constexpr Position position_in_d(int lane, int i) {
  return {lane_group(lane) + (i < 2 ? 0 : 8), 2 * lane_in_group(lane) + (i & 1)};
}

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_FRAGMENT_H_
