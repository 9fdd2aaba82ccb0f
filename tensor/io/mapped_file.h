// A file as bytes in memory, read by the operating system when they are touched.
//
//   auto file = MappedFile::open("weights.bin");
//   if (!file.ok()) return file.status();
//   Tensor w = tensor_in_file(*file, /*offset=*/64, {128, 256}, DType::kF32);   // no copy
//
// A mapped file must not be shortened by others while it is in use. Replacing it by rename, as
// AtomicFile does, is safe: the mapping keeps the old contents.
#ifndef TENON_TENSOR_IO_MAPPED_FILE_H_
#define TENON_TENSOR_IO_MAPPED_FILE_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tensor/internal/intrusive_ptr.h"
#include "tensor/storage.h"
#include "tensor/tensor.h"

namespace tenon {

class MappedFile final : public StorageOwner {
 public:
  /// Maps the whole of a regular file, which may be empty. Errors name the path and the call.
  static absl::StatusOr<internal::IntrusivePtr<MappedFile>> open(const std::string& path);
  ~MappedFile() override;
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const std::string& path() const { return path_; }
  std::size_t size() const { return size_; }
  std::string_view bytes() const { return {static_cast<const char*>(data_), size_}; }
  /// Private to this process: writes are never carried to the file.
  std::byte* data() const { return static_cast<std::byte*>(data_); }

 private:
  MappedFile(std::string path, void* data, std::size_t size);

  std::string path_;
  void* data_;
  std::size_t size_;
};

/// The dense row-major tensor that begins `offset` bytes into the file. It shares the file's memory
/// and keeps it mapped; where the offset is not a multiple of the element's size it is a copy.
/// Writes in place change this tensor only, not the file. The caller has checked that the bytes lie
/// in the file; throws IndexError where they do not.
Tensor tensor_in_file(const internal::IntrusivePtr<MappedFile>& file, std::size_t offset,
                      const Shape& shape, DType dtype);

/// A regular file's bytes. ResourceExhausted where it has more than `max_bytes`.
absl::StatusOr<std::string> read_file(const std::string& path,
                                      std::size_t max_bytes = std::size_t{1} << 30);

}  // namespace tenon

#endif  // TENON_TENSOR_IO_MAPPED_FILE_H_
