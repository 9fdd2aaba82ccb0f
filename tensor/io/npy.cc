#include "tensor/io/npy.h"

#include "tensor/io/atomic_file.h"
#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/npy_array.h"

namespace tenon {

absl::StatusOr<Tensor> read_npy(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  const auto array = internal::parse_npy((*file)->bytes());
  if (!array.ok()) return internal::with_path(path, array.status());
  return array->finish(tensor_in_file(*file, array->begin, array->stored_shape(), array->dtype));
}

absl::Status write_npy(const std::string& path, const Tensor& tensor) {
  const internal::NpyPieces pieces = internal::npy_pieces("write_npy", tensor);
  auto file = AtomicFile::create(path);
  if (!file.ok()) return file.status();
  if (auto status = file->write(pieces.preamble); !status.ok()) return status;
  const Tensor& elements = pieces.elements;
  if (auto status = file->write(elements.raw_data(), elements.bytes()); !status.ok()) return status;
  return file->commit();
}

}  // namespace tenon
