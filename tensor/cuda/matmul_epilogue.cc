#include "tensor/cuda/matmul_epilogue.h"

#include <cublasLt.h>

namespace tenon::cuda {
namespace {

/// Rows of a multiple of 8 elements, from an address that is a multiple of 16 bytes.
bool takes_matrix(const Tensor& x) {
  return x.shape()[2] % 8 == 0 && reinterpret_cast<std::uintptr_t>(x.raw_data()) % 16 == 0;
}

}  // namespace

std::uint32_t Epilogue::code() const {
  if (row_sums) return CUBLASLT_EPILOGUE_BGRADB;
  if (slope) return mask ? CUBLASLT_EPILOGUE_DRELU : CUBLASLT_EPILOGUE_DGELU;
  if (mask) return bias ? CUBLASLT_EPILOGUE_RELU_AUX_BIAS : CUBLASLT_EPILOGUE_RELU_AUX;
  if (relu) return bias ? CUBLASLT_EPILOGUE_RELU_BIAS : CUBLASLT_EPILOGUE_RELU;
  if (inner) return bias ? CUBLASLT_EPILOGUE_GELU_AUX_BIAS : CUBLASLT_EPILOGUE_GELU_AUX;
  if (gelu) return bias ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_GELU;
  return bias ? CUBLASLT_EPILOGUE_BIAS : CUBLASLT_EPILOGUE_DEFAULT;
}

Epilogue epilogue_of(const MatmulArgs& args, const Tensor& out, const Numerics& numerics) {
  Epilogue result;
  if (out.dtype() == DType::kF64) return result;
  const bool gelu =
      args.activation == Activation::kGeluTanh && (size_of(out.dtype()) == 2 || numerics.tf32);
  if (args.slope_at) {
    result.mask =
        args.activation == Activation::kRelu && args.relu_mask && args.relu_mask->defined();
    result.slope = result.mask || (gelu && takes_matrix(*args.slope_at));
    return result;
  }
  result.bias = args.bias != nullptr;
  result.row_sums = args.row_sums != nullptr;
  result.relu = args.activation == Activation::kRelu && numerics.fused_relu && !args.inner;
  result.mask = result.relu && args.relu_mask;
  result.gelu = gelu && (!args.inner || takes_matrix(*args.inner));
  result.inner = result.gelu && args.inner;
  return result;
}

}  // namespace tenon::cuda
