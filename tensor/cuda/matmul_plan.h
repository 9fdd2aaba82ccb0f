// Products for cuBLASLt: described without a device, chosen for one by the library's heuristic, and
// kept, for asking it costs more than a small product.
//
// A row-major product is a column-major one of the transposes: out' = b' a'.
#ifndef TENON_TENSOR_CUDA_MATMUL_PLAN_H_
#define TENON_TENSOR_CUDA_MATMUL_PLAN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "tensor/cuda/cublaslt.h"
#include "tensor/cuda/matmul_epilogue.h"
#include "tensor/numerics.h"
#include "tensor/tensor.h"

namespace tenon::cuda::blas {

/// A matrix as the library sees it: columns dense, `pitch` elements apart.
struct Matrix {
  const void* data;
  DType dtype;
  bool transposed;  // of the memory as column-major: what is multiplied is its transpose
  std::int64_t rows, columns, pitch;  // of the memory
  std::int64_t batch_stride;
};

/// Whether matrix() takes x [B,R,C]: rows or columns are dense.
bool is_plain(const Tensor& x);
/// x [B,R,C], whose transpose column-major memory of dense rows is.
Matrix matrix(const Tensor& x);

struct Problem {
  Matrix left, right, out;  // of the column-major product: from b, from a, out
  std::int64_t batch;
  Epilogue epilogue;
  const void* vector = nullptr;  // the bias that is read, or the sums that are written
  const void* second = nullptr;  // the epilogue's matrix: like out, dense; or ReLU's mask
  bool accumulate = false;
  Numerics numerics;

  /// Equal for products of one plan.
  std::vector<std::int64_t> key() const;
};

/// A library's object with its own way to destroy it.
template <class T>
using Handle = std::unique_ptr<std::remove_pointer_t<T>, cublasStatus_t (*)(T)>;

/// Everything about a product but the addresses.
class Plan {
 public:
  /// Describes it, which takes no device.
  explicit Plan(const Problem& problem);
  /// Asks the library for an algorithm on the current device.
  cublasStatus_t choose(const Problem& problem);
  /// On the current stream; one thread at a time.
  cublasStatus_t run(const Problem& problem) const;

  /// What the library was told.
  template <class Value>
  Value told(cublasLtMatmulDescAttributes_t attribute) const {
    Value value{};
    std::size_t size = 0;
    check("tell an attribute", library().cublasLtMatmulDescGetAttribute(
                                   desc_.get(), attribute, &value, sizeof(value), &size));
    return value;
  }

 private:
  void set_addresses(const Problem& problem) const;

  Handle<cublasLtMatmulDesc_t> desc_;
  Handle<cublasLtMatrixLayout_t> left_, right_, out_;
  bool wide_;
  cublasLtMatmulHeuristicResult_t choice_{};
};

/// Multiplies on the current device and stream. False, having done nothing, for `reason`, where the
/// library refuses the epilogue; throws DeviceError where it refuses the product itself.
bool multiply(const Problem& problem, std::string* reason);

}  // namespace tenon::cuda::blas

#endif  // TENON_TENSOR_CUDA_MATMUL_PLAN_H_
