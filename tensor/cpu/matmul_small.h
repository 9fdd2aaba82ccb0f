// Products of small f32 matrices, with every sum in a register. A library's product packs both
// matrices and looks for its kernel first, which takes as long as multiplying 265 x 32 by 32 x 7.
#ifndef TENON_TENSOR_CPU_MATMUL_SMALL_H_
#define TENON_TENSOR_CPU_MATMUL_SMALL_H_

#include "tensor/cpu/kernels.h"

namespace tenon::cpu {

/// Below this, some 10 µs of one core, a second one costs what it brings: waking it takes 2 µs, and
/// twice that where the two share no cache.
inline constexpr double kSerialFlop = 1.5e6;

/// Whether matmul_small takes these: one product of f32 below kSerialFlop, with columns enough for
/// half a register, on a processor that has registers of floats (tensor/cpu/float_lanes.h).
bool is_small_matmul(const MatmulArgs& args, const Tensor& out);
/// As matmul, for the activations kNone and kRelu.
void matmul_small(const MatmulArgs& args, const Tensor& out);

}  // namespace tenon::cpu

#endif  // TENON_TENSOR_CPU_MATMUL_SMALL_H_
