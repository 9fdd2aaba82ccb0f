// State dicts and checkpoints as PyTorch's torch.save writes them (.pth, .pt, .th).
//
//   absl::StatusOr<TorchFile> file = read_torch_pickle("resnet20-12fca82f.th");
//   if (!file.ok()) return file.status();
//   net.load_state_dict(file->below("state_dict.module."));
//
// Such a file is a Python pickle, which Python runs as a program. This reader runs nothing: it
// understands tensors, lists, dicts, numbers, strings and None, and refuses a file that holds
// anything else. Both formats are read: the old one of pickles in a row and the zip of PyTorch 1.6
// and later (torch/serialization.py, _legacy_save and _save).
#ifndef TENON_TENSOR_IO_TORCH_PICKLE_H_
#define TENON_TENSOR_IO_TORCH_PICKLE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon {

/// What is in a file, in its order. The name of a value is the way to it, keys and indices of lists
/// with dots between them: "state_dict.conv1.weight", "optimizer.param_groups.0.lr".
struct TorchFile {
  std::vector<std::pair<std::string, Tensor>> tensors{};
  std::vector<std::pair<std::string, double>> numbers{};  ///< also true (1) and false (0)
  std::vector<std::pair<std::string, std::string>> strings{};

  /// The tensors whose name begins with `prefix`, without it: a state dict.
  std::vector<std::pair<std::string, Tensor>> below(std::string_view prefix) const;
};

/// Maps the file; tensors that lie aligned and unpacked share its memory, and tensors that shared a
/// storage in Python share one here. All eight dtypes of Tenon. Errors name the file, the byte and
/// what was expected: InvalidArgument for what is neither format or holds other things than those
/// above, DataLoss for a file that ends early or whose checksums are wrong, Unimplemented for other
/// dtypes, big-endian files and encrypted archives, ResourceExhausted for more than 4 million
/// values. Tensors must lie in their storage, and storages in the file, before any is made.
absl::StatusOr<TorchFile> read_torch_pickle(const std::string& path);

}  // namespace tenon

#endif  // TENON_TENSOR_IO_TORCH_PICKLE_H_
