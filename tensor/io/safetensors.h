// safetensors files, both ways: named tensors and a few strings about them.
//
//   absl::Status saved = write_safetensors(
//       path, {.tensors = {{"weight", w}, {"bias", b}}, .metadata = {{"format", "pt"}}});
//   absl::StatusOr<SafetensorsFile> loaded = read_safetensors(path);
//   if (!loaded.ok()) return loaded.status();
//   const Tensor* weight = loaded->find("weight");     // null where there is none
//
// Format: https://huggingface.co/docs/safetensors. 8 bytes length N (little-endian), N bytes of
// JSON
// {"name": {"dtype": "F32", "shape": [2,3], "data_offsets": [begin, end]}, …}, then the elements.
#ifndef TENON_TENSOR_IO_SAFETENSORS_H_
#define TENON_TENSOR_IO_SAFETENSORS_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon {

/// What is in a file. The tensors' order is that of the names in the header, and is kept both ways.
struct SafetensorsFile {
  std::vector<std::pair<std::string, Tensor>> tensors{};
  std::map<std::string, std::string> metadata{};

  /// The tensor of that name, or null. Linear in the number of tensors.
  const Tensor* find(const std::string& name) const;
};

/// Maps the file: a tensor's elements are read when they are touched, and writing to a tensor does
/// not change the file. Only tensors that lie unaligned for their dtype are copied. All eight
/// dtypes of Tenon are read. The header is checked whole before any tensor is made: errors name the
/// file and the byte or the tensor, and what was expected. DataLoss for a file that ends early,
/// Unimplemented for another dtype of the format, InvalidArgument for any other damage: a header
/// beyond 100,000,000 bytes (the format's own limit), JSON of another structure, a name that comes
/// twice, offsets that disagree with the shape, overlap, or leave a gap.
absl::StatusOr<SafetensorsFile> read_safetensors(const std::string& path);

/// Writes all tensors (from any device, of any strides) atomically (tensor/io/atomic_file.h). The
/// elements are laid out by falling size of their dtype, so that each tensor lies aligned.
/// Throws ValueError for an undefined tensor, a name that comes twice, is "__metadata__" or, like
/// a metadata string, no UTF-8.
absl::Status write_safetensors(const std::string& path, const SafetensorsFile& contents);

}  // namespace tenon

#endif  // TENON_TENSOR_IO_SAFETENSORS_H_
