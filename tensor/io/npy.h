// NumPy's .npy files, both ways.
//
//   absl::Status saved = write_npy("x.npy", x);           // np.load("x.npy") gives x
//   absl::StatusOr<Tensor> loaded = read_npy("x.npy");
//   if (!loaded.ok()) return loaded.status();
//
// Format: NumPy Enhancement Proposal 1 and numpy/lib/format.py. NumPy has no bf16: write such a
// tensor as f32, or to a safetensors file.
#ifndef TENON_TENSOR_IO_NPY_H_
#define TENON_TENSOR_IO_NPY_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon {

/// Reads versions 1, 2 and 3; f2 f4 f8 i4 i8 u1 b1 in either byte order; C or Fortran order (which
/// gives a tensor with Fortran's strides). The elements stay in the mapped file and are read when
/// touched, unless their byte order must be changed; writing to them does not change the file.
/// Errors name the file, the byte and what was expected: NotFound and the like from the system,
/// DataLoss for a file that ends early, InvalidArgument for one that is otherwise damaged,
/// Unimplemented for an element type that Tenon lacks.
absl::StatusOr<Tensor> read_npy(const std::string& path);

/// Writes version 1.0, atomically (tensor/io/atomic_file.h). A tensor with Fortran's strides is
/// written in that order, as np.save does; any other in C order. Throws DTypeError for bf16,
/// ValueError for an undefined tensor.
absl::Status write_npy(const std::string& path, const Tensor& tensor);

}  // namespace tenon

#endif  // TENON_TENSOR_IO_NPY_H_
