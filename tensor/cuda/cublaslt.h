// cuBLASLt's functions, loaded when first needed.
#ifndef TENON_TENSOR_CUDA_CUBLASLT_H_
#define TENON_TENSOR_CUDA_CUBLASLT_H_

#include <cublasLt.h>

namespace tenon::cuda::blas {

// The functions that are used here.
#define TENON_CUBLASLT_FUNCTIONS(F)       \
  F(cublasLtCreate)                       \
  F(cublasLtGetStatusString)              \
  F(cublasLtMatmul)                       \
  F(cublasLtMatmulAlgoGetHeuristic)       \
  F(cublasLtMatmulDescCreate)             \
  F(cublasLtMatmulDescDestroy)            \
  F(cublasLtMatmulDescGetAttribute)       \
  F(cublasLtMatmulDescSetAttribute)       \
  F(cublasLtMatmulPreferenceCreate)       \
  F(cublasLtMatmulPreferenceDestroy)      \
  F(cublasLtMatmulPreferenceSetAttribute) \
  F(cublasLtMatrixLayoutCreate)           \
  F(cublasLtMatrixLayoutDestroy)          \
  F(cublasLtMatrixLayoutSetAttribute)
struct Library {
#define TENON_DECLARE(name) decltype(&::name) name;
  TENON_CUBLASLT_FUNCTIONS(TENON_DECLARE)
#undef TENON_DECLARE
};
/// Throws DeviceError where this machine has no cuBLASLt of the version that was compiled against.
const Library& library();

/// Throws DeviceError for a status other than success: "[matmul] expected cuBLASLt to `what`, got
/// …".
void check(const char* what, cublasStatus_t status);

}  // namespace tenon::cuda::blas

#endif  // TENON_TENSOR_CUDA_CUBLASLT_H_
