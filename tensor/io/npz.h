// NumPy's .npz archives, both ways: named tensors in a zip file.
//
//   absl::Status saved = write_npz("data.npz", {{{"x", x}, {"y", y}}});   // np.load gives both
//   absl::StatusOr<NpzFile> loaded = read_npz("data.npz");
//   if (!loaded.ok()) return loaded.status();
//   const Tensor* x = loaded->find("x");                              // null where there is none
//
// Format: numpy/lib/_npyio_impl.py (savez, savez_compressed): each tensor is a file "name.npy" of a
// zip archive (PKWARE, "APPNOTE.TXT", §4.3), stored or deflated.
#ifndef TENON_TENSOR_IO_NPZ_H_
#define TENON_TENSOR_IO_NPZ_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon {

/// What is in an archive, in its order.
struct NpzFile {
  std::vector<std::pair<std::string, Tensor>> tensors{};

  /// The tensor of that name, or null. Linear in the number of tensors.
  const Tensor* find(const std::string& name) const;
};

/// Reads what np.savez and np.savez_compressed write, of any size, with what read_npy reads in it
/// (tensor/io/npy.h). Every checksum is compared. The elements of stored tensors stay in the mapped
/// file; deflated ones are unpacked. Errors name the file and the tensor: DataLoss for an archive
/// that ends early or whose bytes were changed, InvalidArgument for one that is otherwise damaged,
/// holds something else than .npy files, or a name twice, Unimplemented for an element type or a
/// compression that Tenon lacks.
absl::StatusOr<NpzFile> read_npz(const std::string& path);

struct NpzOptions {
  bool compress = false;  ///< deflate, as np.savez_compressed
};
/// Writes all tensors (from any device, of any strides) atomically (tensor/io/atomic_file.h).
/// Elements of stored ones lie aligned to 64 bytes. Throws DTypeError for bf16, ValueError for an
/// undefined tensor, or a name that comes twice or is longer than 65,531 bytes.
absl::Status write_npz(const std::string& path, const NpzFile& contents,
                       const NpzOptions& options = {});

}  // namespace tenon

#endif  // TENON_TENSOR_IO_NPZ_H_
