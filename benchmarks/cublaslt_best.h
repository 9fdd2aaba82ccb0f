// What cuBLASLt can do when its heuristic's first choice is not taken for granted.
#ifndef TENON_BENCHMARKS_CUBLASLT_BEST_H_
#define TENON_BENCHMARKS_CUBLASLT_BEST_H_

#include <optional>

#include "tensor/tensor.h"

namespace tenon::benchmarks {

/// Seconds of out [M,N] = a [M,K] b [K,N], dense, of one dtype (f32, bf16 or f16) and on cuda:0, by
/// the fastest of the 64 algorithms that the library's heuristic lists first: each is timed. Sums
/// are f32; with `tf32` factors of f32 are TF32. Nothing in a build without CUDA. Throws
/// DeviceError where the library refuses.
std::optional<double> fastest_cublaslt(const Tensor& a, const Tensor& b, const Tensor& out,
                                       bool tf32);

}  // namespace tenon::benchmarks

#endif  // TENON_BENCHMARKS_CUBLASLT_BEST_H_
