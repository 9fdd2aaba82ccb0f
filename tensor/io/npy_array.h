// What stands in a .npy file, wherever it lies: in a file of its own or in an archive.
#ifndef TENON_TENSOR_IO_NPY_ARRAY_H_
#define TENON_TENSOR_IO_NPY_ARRAY_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tensor/shape.h"
#include "tensor/tensor.h"

namespace tenon::internal {

/// Where the elements are, and what they are.
struct NpyArray {
  DType dtype = DType::kF32;
  bool swapped = false;        ///< big-endian
  bool fortran_order = false;  ///< the elements are those of the transpose, in row-major order
  Shape shape;
  std::size_t begin = 0;  ///< of the elements

  /// The shape under which the elements lie in row-major order.
  Shape stored_shape() const;
  /// The array from a row-major tensor of that shape, whose elements it may change.
  Tensor finish(const Tensor& stored) const;
};

/// Reads the header and checks that exactly its elements follow. Errors are those of read_npy
/// (tensor/io/npy.h); they count bytes from the beginning of `bytes` and name no file.
absl::StatusOr<NpyArray> parse_npy(std::string_view bytes);

/// A tensor as the two pieces of a .npy file.
struct NpyPieces {
  std::string preamble;  ///< a multiple of 64 bytes
  Tensor elements;       ///< dense, on the host
};
/// Throws DTypeError and ValueError that name `op`, as documented with write_npy.
NpyPieces npy_pieces(const char* op, const Tensor& tensor);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_NPY_ARRAY_H_
