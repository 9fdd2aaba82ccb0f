// The header of a .npy file, as text: a Python dictionary.
#ifndef TENON_TENSOR_IO_NPY_HEADER_H_
#define TENON_TENSOR_IO_NPY_HEADER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tensor/shape.h"

namespace tenon::internal {

/// NumPy's own limit on the number of dimensions.
inline constexpr int kMaxNpyDims = 64;

struct NpyHeader {
  std::string descr;  ///< as NumPy writes it: "<f4"
  bool fortran_order = false;
  Shape shape;
};

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order, each
/// exactly once. `offset` is where the text begins in its file; InvalidArgument says what was
/// expected at which byte of it.
absl::StatusOr<NpyHeader> parse_npy_header(std::string_view text, std::size_t offset);

/// The text that NumPy would write, without padding.
std::string format_npy_header(const NpyHeader& header);

}  // namespace tenon::internal

#endif  // TENON_TENSOR_IO_NPY_HEADER_H_
