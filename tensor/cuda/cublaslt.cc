#include "tensor/cuda/cublaslt.h"

#include <string>

#include "tensor/cuda/dynamic_library.h"
#include "tensor/error.h"

namespace tenon::cuda::blas {

const Library& library() {
  static const DynamicLibrary file("matmul", "libcublasLt.so." + std::to_string(CUBLAS_VER_MAJOR));
  static const Library functions{
#define TENON_RESOLVE(name) file.function<decltype(&::name)>(#name),
      TENON_CUBLASLT_FUNCTIONS(TENON_RESOLVE)
#undef TENON_RESOLVE
  };
  return functions;
}

void check(const char* what, cublasStatus_t status) {
  if (status == CUBLAS_STATUS_SUCCESS) return;
  throw DeviceError("[matmul] expected cuBLASLt to " + std::string(what) + ", got " +
                    library().cublasLtGetStatusString(status));
}

}  // namespace tenon::cuda::blas
