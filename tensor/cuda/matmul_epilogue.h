// Which of what follows a product is part of its kernel (cuBLASLt's "epilogues"); the rest are
// kernels of their own.
//
// f64 has none. The bias always is part. ReLU is where the program's numerics allow the library's,
// which turns NaN into 0 (tensor/numerics.h). Its derivative is where that ReLU has written a bit
// mask (relu_mask.h), for that is all that the library's reads. GELU and its derivative are in the
// tanh form, the only one that the library has; of f32 only with tf32, as nothing says how exact
// its tanh is.
#ifndef TENON_TENSOR_CUDA_MATMUL_EPILOGUE_H_
#define TENON_TENSOR_CUDA_MATMUL_EPILOGUE_H_

#include <cstdint>

#include "tensor/backend.h"
#include "tensor/numerics.h"

namespace tenon::cuda {

/// What a kernel does of MatmulArgs.
struct Epilogue {
  bool bias = false;
  bool relu = false;
  bool gelu = false;
  bool inner = false;     ///< with gelu: writes what it is applied to
  bool slope = false;     ///< of GELU, or with mask of ReLU
  bool mask = false;      ///< with relu: writes ReLU's mask; with slope: reads it
  bool row_sums = false;  ///< of a

  bool operator==(const Epilogue&) const = default;
  /// The library's cublasLtEpilogue_t.
  std::uint32_t code() const;
  /// Whether it reads or writes a second matrix: of the result's shape, or the mask.
  bool has_matrix() const { return inner || slope || mask; }
};

/// As much as can be.
Epilogue epilogue_of(const MatmulArgs& args, const Tensor& out, const Numerics& numerics);

}  // namespace tenon::cuda

#endif  // TENON_TENSOR_CUDA_MATMUL_EPILOGUE_H_
