#include "data/image/decode.h"
#include "data/image/jpeg.h"

// At full size as it is, and by way of a smaller scale as planes.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  constexpr std::int64_t kMaxPixels = 1 << 20;
  tenon::data::PixelRows pixels;
  (void)tenon::data::decode_jpeg(file, "x", {.max_pixels = kMaxPixels}, pixels);
  (void)tenon::data::decode_image(file, "x", {.height = 9, .width = 5, .max_pixels = kMaxPixels});
  return 0;
}
