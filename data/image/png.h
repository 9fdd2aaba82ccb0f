// PNG files, both ways.
//
//   absl::Status status = write_png("sheet.png", pixels);      // u8 [H,W] or [H,W,3]
#ifndef TENON_DATA_IMAGE_PNG_H_
#define TENON_DATA_IMAGE_PNG_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon::data {

/// Writes u8 pixels, grey [H,W] or red-green-blue [H,W,3] (sRGB), atomically
/// (tensor/io/atomic_file.h). Throws DTypeError, and ShapeError for another shape, no pixels, or a
/// side beyond 2^31 - 1.
absl::Status write_png(const std::string& path, const Tensor& pixels);

/// Reads any PNG file as u8 pixels: [H,W] where it is grey, else [H,W,3]. 16 bits are reduced to 8;
/// what is transparent is laid over black. Errors name the file: those of the system, and
/// InvalidArgument with libpng's reason for a damaged file or one that is no PNG, also where it
/// claims more pixels than its bytes can hold.
absl::StatusOr<Tensor> read_png(const std::string& path);
/// The same for a whole file that lies in memory; `name` is what errors call it. An image of more
/// than `max_pixels` is refused too.
absl::StatusOr<Tensor> decode_png(std::string_view bytes, const std::string& name,
                                  std::int64_t max_pixels = INT64_MAX);

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_PNG_H_
