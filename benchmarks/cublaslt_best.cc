#include "benchmarks/cublaslt_best.h"

#include <cublasLt.h>
#include <cuda_runtime_api.h>
#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>

#include "tensor/error.h"

namespace tenon::benchmarks {
namespace {

constexpr std::size_t kWorkspaceBytes = std::size_t{32} << 20;
constexpr int kAlgorithms = 64;
constexpr int kWarmups = 2, kRuns = 10;

[[noreturn]] void fail(const std::string& what) {
  throw DeviceError("[fastest_cublaslt] expected " + what);
}

/// A function of the library, which the program is not linked with: it starts without one.
template <class F>
F* function(const char* name) {
  static void* const library = [] {
    const std::string file = "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR);
    void* found = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!found) fail(file + ", got " + dlerror());
    return found;
  }();
  void* found = dlsym(library, name);
  if (!found) fail("a library with " + std::string(name));
  return reinterpret_cast<F*>(found);
}
#define LT(name) function<decltype(name)>(#name)

void check(cublasStatus_t status) {
  if (status != CUBLAS_STATUS_SUCCESS) {
    fail("success of cuBLASLt, got " + std::to_string(status));
  }
}
void check(cudaError_t error) {
  if (error != cudaSuccess) fail("success of CUDA, got " + std::string(cudaGetErrorString(error)));
}

template <class T>
using Owned = std::unique_ptr<std::remove_pointer_t<T>, cublasStatus_t (*)(T)>;

cudaDataType_t type_of(const Tensor& x) {
  if (x.dtype() == DType::kBF16) return CUDA_R_16BF;
  return x.dtype() == DType::kF16 ? CUDA_R_16F : CUDA_R_32F;
}

/// A row-major matrix, which is the column-major one of its transpose.
Owned<cublasLtMatrixLayout_t> layout(const Tensor& x) {
  cublasLtMatrixLayout_t made = nullptr;
  check(LT(cublasLtMatrixLayoutCreate)(&made, type_of(x), static_cast<std::uint64_t>(x.size(1)),
                                       static_cast<std::uint64_t>(x.size(0)), x.size(1)));
  return {made, LT(cublasLtMatrixLayoutDestroy)};
}

/// out' = b' a' on a stream of its own.
class Product {
 public:
  Product(const Tensor& a, const Tensor& b, const Tensor& out, bool tf32)
      : a_(a),
        b_(b),
        out_(out),
        layout_a_(layout(a)),
        layout_b_(layout(b)),
        layout_out_(layout(out)) {
    check(LT(cublasLtCreate)(&library_));
    check(LT(cublasLtMatmulDescCreate)(
        &desc_, tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F, CUDA_R_32F));
    check(cudaMalloc(&workspace_, kWorkspaceBytes));
    check(cudaStreamCreate(&stream_));
    check(cudaEventCreate(&start_));
    check(cudaEventCreate(&end_));
  }
  ~Product() {
    cudaEventDestroy(start_);
    cudaEventDestroy(end_);
    cudaStreamDestroy(stream_);
    cudaFree(workspace_);
    LT(cublasLtMatmulDescDestroy)(desc_);
    LT(cublasLtDestroy)(library_);
  }
  Product(const Product&) = delete;
  Product& operator=(const Product&) = delete;

  double fastest() {
    cublasLtMatmulPreference_t made = nullptr;
    check(LT(cublasLtMatmulPreferenceCreate)(&made));
    const Owned<cublasLtMatmulPreference_t> preference(made, LT(cublasLtMatmulPreferenceDestroy));
    const std::uint64_t bytes = kWorkspaceBytes;
    check(LT(cublasLtMatmulPreferenceSetAttribute)(made, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES,
                                                   &bytes, sizeof(bytes)));
    cublasLtMatmulHeuristicResult_t choices[kAlgorithms];
    int found = 0;
    check(LT(cublasLtMatmulAlgoGetHeuristic)(library_, desc_, layout_b_.get(), layout_a_.get(),
                                             layout_out_.get(), layout_out_.get(), made,
                                             kAlgorithms, choices, &found));
    double best = std::numeric_limits<double>::infinity();
    for (int i = 0; i < found; ++i) {
      if (choices[i].state == CUBLAS_STATUS_SUCCESS) best = std::min(best, seconds(choices[i]));
    }
    if (!(best < std::numeric_limits<double>::infinity())) fail("an algorithm, got none");
    return best;
  }

 private:
  void run(const cublasLtMatmulHeuristicResult_t& choice) const {
    const float one = 1, zero = 0;
    void* out = out_.raw_data();
    check(LT(cublasLtMatmul)(library_, desc_, &one, b_.raw_data(), layout_b_.get(), a_.raw_data(),
                             layout_a_.get(), &zero, out, layout_out_.get(), out, layout_out_.get(),
                             &choice.algo, workspace_, kWorkspaceBytes, stream_));
  }

  double seconds(const cublasLtMatmulHeuristicResult_t& choice) const {
    for (int i = 0; i < kWarmups; ++i) run(choice);
    check(cudaEventRecord(start_, stream_));
    for (int i = 0; i < kRuns; ++i) run(choice);
    check(cudaEventRecord(end_, stream_));
    check(cudaEventSynchronize(end_));
    float milliseconds = 0;
    check(cudaEventElapsedTime(&milliseconds, start_, end_));
    return 1e-3 * static_cast<double>(milliseconds) / kRuns;
  }

  const Tensor &a_, &b_, &out_;
  Owned<cublasLtMatrixLayout_t> layout_a_, layout_b_, layout_out_;
  cublasLtHandle_t library_ = nullptr;
  cublasLtMatmulDesc_t desc_ = nullptr;
  void* workspace_ = nullptr;
  cudaStream_t stream_ = nullptr;
  cudaEvent_t start_ = nullptr, end_ = nullptr;
};

}  // namespace

std::optional<double> fastest_cublaslt(const Tensor& a, const Tensor& b, const Tensor& out,
                                       bool tf32) {
  return Product(a, b, out, tf32).fastest();
}

}  // namespace tenon::benchmarks
