// JPEG images.
//
//   absl::StatusOr<Tensor> pixels = read_jpeg("cat.jpg");      // u8 [H,W,3]
#ifndef TENON_DATA_IMAGE_JPEG_H_
#define TENON_DATA_IMAGE_JPEG_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon::data {

struct JpegOptions {
  /// Decode at the smallest of the sizes 1/8, 1/4, 1/2 and 1 that has at least so many rows and
  /// columns: an image that will be made small anyway costs a fraction. 0 decodes at full size.
  std::int64_t min_height = 0;
  std::int64_t min_width = 0;
  std::int64_t max_pixels = 100'000'000;  ///< of the whole image; more are refused
};

/// Pixels row by row, red, green and blue side by side; or grey.
struct PixelRows {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::int64_t channels = 0;       ///< 1 or 3
  std::vector<std::uint8_t> data;  ///< [height * width * channels], perhaps with more behind
};

/// Decodes a whole JPEG file that lies in memory, baseline or progressive, into `pixels`, whose
/// memory is reused. Grey stays grey, CMYK becomes red, green and blue. Errors begin with `name`:
/// InvalidArgument for another format, more pixels than `max_pixels` or than so few bytes can hold,
/// and a progressive image in more than 100 passes; DataLoss for a damaged or truncated image (none
/// of it is returned); Unimplemented for what libjpeg-turbo does not read, such as 12 bits a
/// sample.
absl::Status decode_jpeg(std::string_view bytes, const std::string& name,
                         const JpegOptions& options, PixelRows& pixels);

/// u8 [H,W] where the image is grey, else [H,W,3]. Errors as above, and those of the system.
absl::StatusOr<Tensor> read_jpeg(const std::string& path, const JpegOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_JPEG_H_
