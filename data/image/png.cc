#include "data/image/png.h"

#include <png.h>

#include <cstdint>
#include <limits>

#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

// Deflate packs at best 1032 bytes into one, and a byte holds at most 8 pixels.
constexpr std::uint64_t kMaxPixelsPerByte = 1032 * 8;

// libpng's simplified interface: errors come as a return value and a message, not by longjmp.
struct Image : png_image {
  Image() : png_image{} { version = PNG_IMAGE_VERSION; }
  ~Image() { png_image_free(this); }
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
};

void check_pixels(const Tensor& pixels) {
  if (!pixels.defined() || pixels.dtype() != DType::kU8) {
    throw DTypeError(
        "[write_png] expected pixels u8, got " +
        (pixels.defined() ? std::string(name(pixels.dtype())) : "an undefined tensor"));
  }
  const bool grey = pixels.ndim() == 2;
  const bool color = pixels.ndim() == 3 && pixels.size(2) == 3;
  constexpr std::int64_t kMaxSide = std::numeric_limits<std::int32_t>::max();
  if ((!grey && !color) || pixels.numel() == 0 || pixels.size(0) > kMaxSide ||
      pixels.size(1) > kMaxSide) {
    throw ShapeError("[write_png] expected pixels [H,W] or [H,W,3], got " +
                     to_string(pixels.shape()));
  }
}

absl::Status invalid(const std::string& path, const std::string& what) {
  return absl::InvalidArgumentError(path + ": " + what);
}

// Whether the header's claim is believable, and within the limit.
absl::Status check_claim(const Image& image, std::size_t bytes, const std::string& name,
                         std::int64_t max_pixels) {
  const std::uint64_t pixels = std::uint64_t{image.width} * image.height;
  const bool too_many = pixels > static_cast<std::uint64_t>(max_pixels);
  if (!too_many && pixels <= bytes * kMaxPixelsPerByte) return absl::OkStatus();
  const std::string most =
      too_many ? std::to_string(max_pixels) : std::to_string(bytes) + " bytes can hold";
  return invalid(name, "expected no more pixels than " + most + ", got " +
                           std::to_string(image.height) + "x" + std::to_string(image.width));
}

absl::StatusOr<Tensor> read(Image& image, std::string_view bytes, const std::string& name,
                            std::int64_t max_pixels) {
  if (!png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) {
    return invalid(name, std::string("expected a PNG file: ") + image.message);
  }
  if (absl::Status status = check_claim(image, bytes.size(), name, max_pixels); !status.ok()) {
    return status;
  }
  // Without it, libpng takes 16 bits for linear light and brightens them.
  image.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  const bool color = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
  image.format = color ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  Shape shape{image.height, image.width};
  if (color) shape.push_back(3);
  const Tensor tensor = empty(shape, {.dtype = DType::kU8});
  const png_color black{};
  if (!png_image_finish_read(&image, &black, tensor.raw_data(), 0, nullptr)) {
    return invalid(name, std::string("damaged PNG data: ") + image.message);
  }
  return tensor;
}

}  // namespace

absl::Status write_png(const std::string& path, const Tensor& pixels) {
  check_pixels(pixels);
  const Tensor rows = pixels.to(kCpu).contiguous();
  Image image;
  image.height = static_cast<png_uint_32>(rows.size(0));
  image.width = static_cast<png_uint_32>(rows.size(1));
  image.format = rows.ndim() == 3 ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
  std::string bytes(PNG_IMAGE_PNG_SIZE_MAX(image), '\0');
  png_alloc_size_t size = bytes.size();
  if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, rows.raw_data(), 0, nullptr)) {
    return invalid(path, std::string("cannot encode: ") + image.message);
  }
  bytes.resize(size);
  return write_file(path, bytes);
}

absl::StatusOr<Tensor> decode_png(std::string_view bytes, const std::string& name,
                                  std::int64_t max_pixels) {
  if (bytes.empty()) return invalid(name, "expected a PNG file, got an empty one");
  Image image;
  return read(image, bytes, name, max_pixels);
}

absl::StatusOr<Tensor> read_png(const std::string& path) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  return decode_png((*file)->bytes(), path);
}

}  // namespace tenon::data
