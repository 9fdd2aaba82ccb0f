#include "tensor/io/mapped_file.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

namespace tenon {
namespace {

absl::Status system_error(const std::string& what) { return absl::ErrnoToStatus(errno, what); }

absl::StatusOr<std::size_t> regular_file_size(int descriptor, const std::string& path) {
  struct stat info;
  if (fstat(descriptor, &info) != 0) return system_error("cannot read the size of " + path);
  if (!S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError("cannot read " + path + ": it is not a regular file");
  }
  return static_cast<std::size_t>(info.st_size);
}

// Writable, because tensors are; private, so that writes stay in this process.
absl::StatusOr<void*> map(int descriptor, std::size_t size, const std::string& path) {
  if (size == 0) return nullptr;  // mmap refuses to map nothing
  void* data = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
  if (data == MAP_FAILED) return system_error("cannot map " + path);
  return data;
}

}  // namespace

MappedFile::MappedFile(std::string path, void* data, std::size_t size)
    : path_(std::move(path)), data_(data), size_(size) {}

MappedFile::~MappedFile() {
  if (data_) munmap(data_, size_);
}

absl::StatusOr<internal::IntrusivePtr<MappedFile>> MappedFile::open(const std::string& path) {
  // Without O_NONBLOCK, opening a pipe would wait for its writer.
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor < 0) return system_error("cannot open " + path);
  absl::StatusOr<void*> data = nullptr;
  const absl::StatusOr<std::size_t> size = regular_file_size(descriptor, path);
  if (size.ok()) data = map(descriptor, *size, path);
  close(descriptor);  // the mapping lives on
  if (!size.ok()) return size.status();
  if (!data.ok()) return data.status();
  return internal::IntrusivePtr<MappedFile>(new MappedFile(path, *data, *size));
}

Tensor tensor_in_file(const internal::IntrusivePtr<MappedFile>& file, std::size_t offset,
                      const Shape& shape, DType dtype) {
  const std::size_t bytes = static_cast<std::size_t>(numel(shape)) * size_of(dtype);
  if (offset > file->size() || bytes > file->size() - offset) {
    throw IndexError("[tensor_in_file] expected " + std::to_string(bytes) + " bytes at offset " +
                     std::to_string(offset) + " of " + file->path() + ", which has " +
                     std::to_string(file->size()));
  }
  std::byte* first = file->data() + offset;
  const bool aligned = reinterpret_cast<std::uintptr_t>(first) % size_of(dtype) == 0;
  if (bytes == 0 || !aligned) {
    Tensor copy = empty(shape, {.dtype = dtype});
    if (bytes > 0) std::memcpy(copy.raw_data(), first, bytes);
    return copy;
  }
  internal::IntrusivePtr<StorageOwner> owner(file.get());
  return Tensor(Storage::borrow(first, bytes, kCpu, std::move(owner)), shape,
                row_major_strides(shape), 0, dtype);
}

absl::StatusOr<std::string> read_file(const std::string& path, std::size_t max_bytes) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  if ((*file)->size() > max_bytes) {
    return absl::ResourceExhaustedError(path + " has " + std::to_string((*file)->size()) +
                                        " bytes, more than the limit of " +
                                        std::to_string(max_bytes));
  }
  return std::string((*file)->bytes());
}

}  // namespace tenon
