// IDX files, the format of MNIST (http://yann.lecun.com/exdb/mnist): plain or gzipped.
//
//   absl::StatusOr<Tensor> images = read_idx("train-images-idx3-ubyte.gz");   // u8 [60000,28,28]
#ifndef TENON_DATA_IDX_H_
#define TENON_DATA_IDX_H_

#include <cstdint>
#include <limits>
#include <string>

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Reads the types u8 (08), i32 (0c), f32 (0d) and f64 (0e), in 1 to 255 dimensions. What the
/// header claims is checked against the file's size before memory is set aside. Errors name the
/// file and the byte (of the unpacked data): those of the system; DataLoss where the file ends
/// early or its gzip data is damaged; InvalidArgument for an empty file, another format, an unknown
/// type, bytes after the last element; Unimplemented for the types i8 and i16, which tensors lack;
/// ResourceExhausted where there is no memory for the elements.
///
/// Where the first dimension is larger than `most`, no more than its first `most` are read: the
/// rest of the file, a gzip file's checksum included, is not looked at. Throws ValueError for a
/// negative `most`.
absl::StatusOr<Tensor> read_idx(const std::string& path,
                                std::int64_t most = std::numeric_limits<std::int64_t>::max());

}  // namespace tenon::data

#endif  // TENON_DATA_IDX_H_
