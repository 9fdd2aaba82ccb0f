#include "data/image/decode.h"

#include <algorithm>
#include <cstdio>
#include <vector>

#include "data/image/jpeg.h"
#include "data/image/png.h"
#include "data/image/resample.h"
#include "tensor/error.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data {
namespace {

std::string first_bytes(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes.substr(0, 4)) {
    char hex[4];
    std::snprintf(hex, sizeof(hex), " %02x", static_cast<unsigned char>(byte));
    text += hex;
  }
  return text.empty() ? " nothing" : text;
}

absl::Status decode_rows(std::string_view bytes, const std::string& name,
                         const DecodeOptions& options, PixelRows& rows) {
  if (bytes.substr(0, 3) == "\xff\xd8\xff") {
    return decode_jpeg(bytes, name,
                       {.min_height = options.height,
                        .min_width = options.width,
                        .max_pixels = options.max_pixels},
                       rows);
  }
  if (bytes.substr(0, 4) != "\x89PNG") {
    return absl::InvalidArgumentError(
        name + ": expected a JPEG (ff d8 ff) or PNG (89 50 4e 47) file at byte 0, got" +
        first_bytes(bytes));
  }
  const auto pixels = decode_png(bytes, name, options.max_pixels);
  if (!pixels.ok()) return pixels.status();
  rows.height = pixels->size(0);
  rows.width = pixels->size(1);
  rows.channels = pixels->ndim() == 3 ? 3 : 1;
  const auto* data = pixels->data<std::uint8_t>();
  rows.data.assign(data, data + pixels->numel());
  return absl::OkStatus();
}

void to_planes(const std::uint8_t* rows, std::int64_t channels, std::int64_t pixels,
               std::uint8_t* planes) {
  if (channels == 1) {
    for (int c = 0; c < 3; ++c) std::copy_n(rows, pixels, planes + c * pixels);
    return;
  }
  for (std::int64_t i = 0; i < pixels; ++i) {
    planes[i] = rows[3 * i];
    planes[i + pixels] = rows[3 * i + 1];
    planes[i + 2 * pixels] = rows[3 * i + 2];
  }
}

// Memory that a thread keeps from image to image.
struct Scratch {
  PixelRows decoded;
  std::vector<std::uint8_t> resized;
  std::vector<std::uint8_t> lines;
};

Scratch& scratch() {
  thread_local Scratch scratch;
  return scratch;
}

void resize_to_planes(Scratch& s, std::int64_t height, std::int64_t width, std::uint8_t* planes) {
  const PixelRows& in = s.decoded;
  if (in.height == height && in.width == width) {
    to_planes(in.data.data(), in.channels, height * width, planes);
    return;
  }
  s.resized.resize(static_cast<std::size_t>(height * width * in.channels));
  resample<std::uint8_t>({in.data.data(), in.width * in.channels}, in.height,
                         make_taps(in.height, height, {}), make_taps(in.width, width, {}),
                         in.channels, {s.resized.data(), width * in.channels}, s.lines);
  to_planes(s.resized.data(), in.channels, height * width, planes);
}

void check_size(const DecodeOptions& options, bool required) {
  const bool none = options.height == 0 && options.width == 0 && !required;
  if (none || (options.height > 0 && options.width > 0)) return;
  throw ValueError("[decode_image] expected a height and width above 0" +
                   std::string(required ? "" : ", or neither") + ", got " +
                   std::to_string(options.height) + "x" + std::to_string(options.width));
}

}  // namespace

absl::Status decode_image_into(std::string_view bytes, const std::string& name,
                               const DecodeOptions& options, std::uint8_t* planes) {
  check_size(options, true);
  Scratch& own = scratch();
  if (auto status = decode_rows(bytes, name, options, own.decoded); !status.ok()) return status;
  resize_to_planes(own, options.height, options.width, planes);
  return absl::OkStatus();
}

absl::StatusOr<Tensor> decode_image(std::string_view bytes, const std::string& name,
                                    const DecodeOptions& options) {
  check_size(options, false);
  Scratch& own = scratch();
  if (auto status = decode_rows(bytes, name, options, own.decoded); !status.ok()) return status;
  const std::int64_t height = options.height > 0 ? options.height : own.decoded.height;
  const std::int64_t width = options.width > 0 ? options.width : own.decoded.width;
  const Tensor planes = empty({3, height, width}, {.dtype = DType::kU8});
  resize_to_planes(own, height, width, planes.data<std::uint8_t>());
  return planes;
}

absl::StatusOr<Tensor> read_image(const std::string& path, const DecodeOptions& options) {
  const auto file = MappedFile::open(path);
  if (!file.ok()) return file.status();
  return decode_image((*file)->bytes(), path, options);
}

}  // namespace tenon::data
