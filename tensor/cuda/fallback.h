// What a library's fused kernel was meant for and other kernels computed: slower, and in the case
// of attention with memory for all scores. Nothing of that happens silently: each problem is
// reported once, on standard error and here.
//
//   for (const CudaFallback& each : cuda_fallbacks()) std::cout << to_string(each) << "\n";
//
// That kernels of f32 and f64 are Tenon's own where libraries only have 16 bits is no fallback.
#ifndef TENON_TENSOR_CUDA_FALLBACK_H_
#define TENON_TENSOR_CUDA_FALLBACK_H_

#include <string>
#include <vector>

namespace tenon {

struct CudaFallback {
  std::string op;       ///< "attention"
  std::string problem;  ///< dtypes and shapes
  std::string reason;   ///< the library's, or the rule that keeps it from the library
};
/// "[op] problem by plain kernels: reason".
std::string to_string(const CudaFallback& fallback);

/// Of this process so far, in the order in which they came up.
std::vector<CudaFallback> cuda_fallbacks();

namespace cuda {

/// For kernels. Does nothing where the op's problem was reported before.
void report_fallback(const CudaFallback& fallback);

}  // namespace cuda
}  // namespace tenon

#endif  // TENON_TENSOR_CUDA_FALLBACK_H_
