// Image files of any kind, as pixels of a wanted size.
//
//   absl::StatusOr<Tensor> image = read_image("cat.jpg", {.height = 64, .width = 64});   // u8
//   [3,64,64]
#ifndef TENON_DATA_IMAGE_DECODE_H_
#define TENON_DATA_IMAGE_DECODE_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tenon::data {

struct DecodeOptions {
  std::int64_t height = 0;  ///< of the result; both 0: the image's own size
  std::int64_t width = 0;
  std::int64_t max_pixels = 100'000'000;  ///< of the stored image; more are refused
};

/// A whole JPEG or PNG file that lies in memory -> u8 [3,height,width]; grey gives three equal
/// planes. It is resized to height x width, whatever its shape, by resize() (data/image/resize.h);
/// a JPEG is decoded at the smallest scale that has enough pixels. Which it is, is told by the
/// bytes. Errors begin with `name` and are those of decode_jpeg and decode_png; InvalidArgument for
/// anything else. Throws ValueError for a negative size or only one of the two.
absl::StatusOr<Tensor> decode_image(std::string_view bytes, const std::string& name,
                                    const DecodeOptions& options = {});
/// The same into `planes`, room for 3 * height * width bytes; height and width must not be 0.
absl::Status decode_image_into(std::string_view bytes, const std::string& name,
                               const DecodeOptions& options, std::uint8_t* planes);
absl::StatusOr<Tensor> read_image(const std::string& path, const DecodeOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_IMAGE_DECODE_H_
