#include "data/image/decode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  const std::string_view file(reinterpret_cast<const char*>(bytes), size);
  (void)tenon::data::decode_image(file, "x", {.height = 9, .width = 5, .max_pixels = 1 << 20});
  return 0;
}
