#include "data/image/jpeg.h"

#include <jpeglib.h>

#include <cstdio>  // jpeglib.h needs FILE and size_t
// After jpeglib.h, which it needs.
#include <jerror.h>

#include <algorithm>
#include <csetjmp>
#include <cstring>

#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

constexpr int kMaxPasses = 100;

// Beside libjpeg's own codes of what went wrong, which are positive.
enum OwnCode { kRefused = -1, kNotRead = -2 };

// A block of 8x8 pixels takes a bit at least, and its plane has a pixel for up to 2x2 of the image.
constexpr std::uint64_t kMaxPixelsPerByte = 8 * 64 * 4;

// libjpeg reports errors through callbacks that must not return: by longjmp to where decoding
// began. No frame in between holds an object with a destructor.
struct Decoder {
  jpeg_error_mgr errors;  // first: the callbacks find the rest from its address
  jpeg_progress_mgr progress;
  jpeg_decompress_struct image;
  std::jmp_buf failed;
  char message[JMSG_LENGTH_MAX];
  int code;
};

Decoder* decoder_of(j_common_ptr image) { return reinterpret_cast<Decoder*>(image->err); }

[[noreturn]] void fail(j_common_ptr image) {
  Decoder* decoder = decoder_of(image);
  decoder->code = image->err->msg_code;
  image->err->format_message(image, decoder->message);
  std::longjmp(decoder->failed, 1);
}

// Warnings are damage that libjpeg paints over; bytes that nothing needs, and odd but harmless
// headers, are not.
void warn(j_common_ptr image, int level) {
  if (level >= 0) return;
  switch (image->err->msg_code) {
    case JWRN_EXTRANEOUS_DATA:
    case JWRN_ADOBE_XFORM:
    case JWRN_JFIF_MAJOR:
      return;
    default:
      fail(image);
  }
}

void count_passes(j_common_ptr image) {
  const auto* decoder = reinterpret_cast<jpeg_decompress_struct*>(image);
  if (decoder->input_scan_number <= kMaxPasses) return;
  Decoder* own = decoder_of(image);
  own->code = kRefused;
  std::snprintf(own->message, sizeof(own->message), "more than %d passes", kMaxPasses);
  std::longjmp(own->failed, 1);
}

void prepare(Decoder& decoder) {
  decoder.image.err = jpeg_std_error(&decoder.errors);
  decoder.errors.error_exit = fail;
  decoder.errors.emit_message = warn;
  decoder.progress.progress_monitor = count_passes;
}

// 1, 2, 4 or 8 eighths: those that libjpeg-turbo has vector code for.
unsigned choose_scale(const jpeg_decompress_struct& image, const JpegOptions& options) {
  if (options.min_height <= 0 && options.min_width <= 0) return 8;
  const auto scaled = [](JDIMENSION size, unsigned eighths) {
    return (static_cast<std::int64_t>(size) * eighths + 7) / 8;
  };
  for (const unsigned eighths : {1u, 2u, 4u}) {
    if (scaled(image.image_height, eighths) >= options.min_height &&
        scaled(image.image_width, eighths) >= options.min_width) {
      return eighths;
    }
  }
  return 8;
}

J_COLOR_SPACE output_space(J_COLOR_SPACE stored) {
  switch (stored) {
    case JCS_GRAYSCALE:
      return JCS_GRAYSCALE;
    case JCS_CMYK:
    case JCS_YCCK:
      return JCS_CMYK;
    default:
      return JCS_RGB;
  }
}

// a * b / 255, rounded.
int multiply_bytes(int a, int b) {
  const int product = a * b + 128;
  return (product + (product >> 8)) >> 8;
}

// In place, front to back. Adobe's programs store inks inverted, and say who they are.
void cmyk_to_rgb(std::uint8_t* pixels, std::size_t count, bool inverted) {
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint8_t* in = pixels + 4 * i;
    const int white = inverted ? in[3] : 255 - in[3];
    std::uint8_t rgb[3];
    for (int c = 0; c < 3; ++c) {
      const int ink = inverted ? 255 - in[c] : in[c];
      rgb[c] = static_cast<std::uint8_t>(white - multiply_bytes(ink, white));
    }
    std::memcpy(pixels + 3 * i, rgb, 3);
  }
}

// The header, checked. False with a message where it will not do.
bool read_header(Decoder& decoder, std::string_view bytes, const JpegOptions& options) {
  jpeg_decompress_struct& image = decoder.image;
  jpeg_mem_src(&image, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  jpeg_read_header(&image, TRUE);
  const std::uint64_t pixels = std::uint64_t{image.image_width} * image.image_height;
  if (image.arith_code) {  // packs any number of pixels into a byte
    std::snprintf(decoder.message, sizeof(decoder.message),
                  "expected Huffman coding, got arithmetic coding");
    decoder.code = kNotRead;
    return false;
  }
  const std::uint64_t most = std::min<std::uint64_t>(static_cast<std::uint64_t>(options.max_pixels),
                                                     bytes.size() * kMaxPixelsPerByte);
  if (pixels <= most) return true;
  std::snprintf(decoder.message, sizeof(decoder.message),
                "expected at most %llu pixels in %zu bytes, got %ux%u",
                static_cast<unsigned long long>(most), bytes.size(), image.image_height,
                image.image_width);
  decoder.code = kRefused;
  return false;
}

// All of the image into `out`. False where it stopped on the way.
bool decode_rows(Decoder& decoder, std::string_view bytes, const JpegOptions& options,
                 PixelRows& out) {
  jpeg_decompress_struct& image = decoder.image;
  if (setjmp(decoder.failed)) return false;
  jpeg_create_decompress(&image);
  if (!read_header(decoder, bytes, options)) return false;
  image.scale_num = choose_scale(image, options);
  image.scale_denom = 8;
  image.out_color_space = output_space(image.jpeg_color_space);
  image.progress = &decoder.progress;
  jpeg_start_decompress(&image);
  const std::size_t stride = std::size_t{image.output_width} * image.output_components;
  out.data.resize(stride * image.output_height);
  out.height = image.output_height;
  out.width = image.output_width;
  out.channels = image.output_components;
  while (image.output_scanline < image.output_height) {
    JSAMPROW row = out.data.data() + image.output_scanline * stride;
    jpeg_read_scanlines(&image, &row, 1);
  }
  const bool inverted = image.saw_Adobe_marker != 0;
  jpeg_finish_decompress(&image);
  if (out.channels == 4) {
    cmyk_to_rgb(out.data.data(), static_cast<std::size_t>(out.height * out.width), inverted);
    out.channels = 3;
  }
  return true;
}

absl::Status to_status(const Decoder& decoder, const std::string& name, std::size_t at) {
  const std::string text = name + ": " + decoder.message;
  switch (decoder.code) {
    case kRefused:
      return absl::InvalidArgumentError(text);
    case kNotRead:
    case JERR_BAD_PRECISION:
    case JERR_SOF_UNSUPPORTED:
    case JERR_CONVERSION_NOTIMPL:
      return absl::UnimplementedError(text);
    default:
      return absl::DataLossError(name + ": damaged JPEG data at byte " + std::to_string(at) + ": " +
                                 decoder.message);
  }
}

// jpeg_destroy_decompress, whatever happens.
struct Destroy {
  jpeg_decompress_struct* image;
  ~Destroy() { jpeg_destroy_decompress(image); }
};

}  // namespace

absl::Status decode_jpeg(std::string_view bytes, const std::string& name,
                         const JpegOptions& options, PixelRows& pixels) {
  if (bytes.size() < 3 || bytes.substr(0, 3) != "\xff\xd8\xff") {
    return absl::InvalidArgumentError(name + ": expected a JPEG file (ff d8 ff)" +
                                      (bytes.empty() ? ", got an empty one" : ""));
  }
  Decoder decoder{};
  prepare(decoder);
  const Destroy destroy{&decoder.image};
  if (decode_rows(decoder, bytes, options, pixels)) return absl::OkStatus();
  const jpeg_source_mgr* source = decoder.image.src;
  const std::size_t left = source ? std::min(source->bytes_in_buffer, bytes.size()) : 0;
  return to_status(decoder, name, bytes.size() - left);
}

absl::StatusOr<Tensor> read_jpeg(const std::string& path, const JpegOptions& options) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  PixelRows pixels;
  const absl::Status status = decode_jpeg((*file)->bytes(), path, options, pixels);
  if (!status.ok()) return status;
  const bool grey = pixels.channels == 1;
  const Shape shape = grey ? Shape{pixels.height, pixels.width}
                           : Shape{pixels.height, pixels.width, pixels.channels};
  const std::size_t size = static_cast<std::size_t>(pixels.height * pixels.width * pixels.channels);
  return from_span(std::span<const std::uint8_t>(pixels.data.data(), size), shape);
}

}  // namespace tenon::data
