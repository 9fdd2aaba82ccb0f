#include "data/image/decode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "data/image/jpeg.h"
#include "data/image/png.h"
#include "data/image/resize.h"
#include "tensor/error.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::HasSubstr;

std::string fixture(const std::string& name) { return "data/image/testdata/" + name; }
std::string jpeg(const std::string& name) { return slurp(fixture(name + ".jpg")); }

Tensor expected(const std::string& name) {
  const auto file = read_safetensors(fixture("images.safetensors"));
  return file->find(name)->clone();
}

void expect_pixels(const absl::StatusOr<Tensor>& actual, const std::string& name) {
  ASSERT_TRUE(actual.ok()) << actual.status();
  const Tensor wanted = expected(name);
  ASSERT_EQ(actual->shape(), wanted.shape()) << name;
  const auto a = actual->to_vector<std::uint8_t>(), w = wanted.to_vector<std::uint8_t>();
  for (std::size_t i = 0; i < a.size(); ++i)
    ASSERT_LE(std::abs(a[i] - w[i]), 1) << name << " " << i;
}

TEST(ReadJpeg, ReadsWhatPillowReads) {
  for (const char* name : {"color", "sampled", "progressive", "grey", "cmyk", "one_pixel"}) {
    expect_pixels(read_jpeg(fixture(std::string(name) + ".jpg")), name);
  }
}

TEST(ReadJpeg, DecodesAtTheSmallestScaleThatIsLargeEnough) {
  expect_pixels(read_jpeg(fixture("color.jpg"), {.min_height = 12, .min_width = 20}), "color half");
  const auto shape = [](std::int64_t height, std::int64_t width) {
    return read_jpeg(fixture("color.jpg"), {.min_height = height, .min_width = width})->shape();
  };
  EXPECT_EQ(shape(3, 5), Shape({3, 5, 3}));
  EXPECT_EQ(shape(4, 5), Shape({6, 10, 3}));
  EXPECT_EQ(shape(1, 21), Shape({24, 40, 3}));
  EXPECT_EQ(shape(999, 999), Shape({24, 40, 3}));
}

TEST(ReadPng, ReducesSixteenBits) {
  for (const char* name : {"deep_color", "deep_grey"}) {
    expect_pixels(read_png(fixture(std::string(name) + ".png")), name);
  }
}

TEST(DecodeImage, GivesPlanes) {
  const auto color = read_image(fixture("color.jpg"));
  ASSERT_TRUE(color.ok()) << color.status();
  EXPECT_EQ(color->to_vector<std::uint8_t>(),
            read_jpeg(fixture("color.jpg"))->permute({2, 0, 1}).to_vector<std::uint8_t>());
  const auto grey = read_image(fixture("grey.jpg"));
  EXPECT_EQ(grey->shape(), Shape({3, 24, 40}));
  for (std::int64_t c = 0; c < 3; ++c) {
    EXPECT_EQ(grey->select(0, c).to_vector<std::uint8_t>(),
              read_jpeg(fixture("grey.jpg"))->to_vector<std::uint8_t>());
  }
  EXPECT_EQ(read_image(fixture("deep_grey.png"))->shape(), Shape({3, 5, 7}));
}

TEST(DecodeImage, ResizesAsResizeDoes) {
  for (const char* name : {"color.jpg", "grey.jpg", "deep_color.png"}) {
    const auto whole = read_image(fixture(name));
    // 20x30 is more than half of 24x40: decoded at full size.
    const auto small = read_image(fixture(name), {.height = 20, .width = 30});
    ASSERT_TRUE(small.ok()) << small.status();
    EXPECT_EQ(small->to_vector<std::uint8_t>(), resize(*whole, 20, 30).to_vector<std::uint8_t>());
  }
  const auto half = read_jpeg(fixture("color.jpg"), {.min_height = 10, .min_width = 10});
  EXPECT_EQ(
      read_image(fixture("color.jpg"), {.height = 10, .width = 10})->to_vector<std::uint8_t>(),
      resize(half->permute({2, 0, 1}), 10, 10).to_vector<std::uint8_t>());
  EXPECT_EQ(read_image(fixture("one_pixel.jpg"), {.height = 4, .width = 3})->shape(),
            Shape({3, 4, 3}));
}

TEST(DecodeImage, EveryTruncationIsAnError) {
  for (const char* name : {"color", "progressive", "cmyk", "one_pixel"}) {
    const std::string whole = jpeg(name);
    // The last two bytes only say that the image has ended.
    for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
      const auto status = decode_image(whole.substr(0, size), "x.jpg").status();
      ASSERT_FALSE(status.ok()) << name << " " << size;
      EXPECT_THAT(message(status), HasSubstr("x.jpg: ")) << size;
    }
  }
}

TEST(DecodeImage, NoChangedByteCrashes) {
  int errors = 0;
  for (const char* name : {"sampled", "progressive", "cmyk"}) {
    const std::string whole = jpeg(name);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {0x01, 0x80, 0xff}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        errors += !decode_image(changed, "x", {.height = 8, .width = 8}).ok();
      }
    }
  }
  EXPECT_GT(errors, 500);
}

// Where the sizes lie in a baseline JPEG: after ff c0, the length and the precision.
std::string with_size(std::string bytes, int height, int width) {
  const std::size_t at = bytes.find("\xff\xc0") + 5;
  const int values[] = {height >> 8, height & 0xff, width >> 8, width & 0xff};
  for (std::size_t i = 0; i < 4; ++i) bytes[at + i] = static_cast<char>(values[i]);
  return bytes;
}

TEST(DecodeImage, RefusesMorePixelsThanItsBytesCanHold) {
  const auto status = decode_image(with_size(jpeg("color"), 60000, 60000), "x.jpg").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(message(status), HasSubstr("x.jpg: expected at most "));
  EXPECT_THAT(message(status), HasSubstr("got 60000x60000"));
  EXPECT_FALSE(decode_image(with_size(jpeg("color"), 0, 10), "x.jpg").ok());
}

TEST(DecodeImage, KeepsToTheLimit) {
  EXPECT_TRUE(decode_image(jpeg("color"), "x", {.max_pixels = 24 * 40}).ok());
  EXPECT_THAT(message(decode_image(jpeg("color"), "x", {.max_pixels = 24 * 40 - 1}).status()),
              HasSubstr("expected at most 959 pixels"));
  EXPECT_THAT(
      message(decode_image(slurp(fixture("deep_grey.png")), "x", {.max_pixels = 34}).status()),
      HasSubstr("expected no more pixels than 34, got 5x7"));
}

// A progressive image whose last pass comes a thousand times.
TEST(DecodeImage, StopsAProgressiveBomb) {
  const std::string whole = jpeg("progressive");
  const std::size_t scan = whole.rfind("\xff\xda");
  const std::string pass = whole.substr(scan, whole.size() - 2 - scan);
  std::string bomb = whole.substr(0, whole.size() - 2);
  for (int i = 0; i < 1000; ++i) bomb += pass;
  bomb += "\xff\xd9";
  const auto status = decode_image(bomb, "x.jpg").status();
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(message(status), HasSubstr("x.jpg: "));
}

TEST(DecodeImage, NamesWhatIsNoImage) {
  const ScratchFolder folder;
  const std::string path = folder.put("x.jpg", "Not an image");
  EXPECT_THAT(message(read_image(path).status()),
              HasSubstr(path + ": expected a JPEG (ff d8 ff) or PNG (89 50 4e 47) file at byte 0, "
                               "got 4e 6f 74 20"));
  EXPECT_THAT(message(read_image(folder.put("y.jpg", "")).status()), HasSubstr("got nothing"));
  EXPECT_EQ(read_image("no.jpg").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(read_jpeg(folder.put("z.jpg", "")).status()), HasSubstr("an empty one"));
  EXPECT_THROW((void)read_image(path, {.height = 3}), ValueError);
  EXPECT_THROW((void)read_image(path, {.height = -1, .width = 2}), ValueError);
}

}  // namespace
}  // namespace tenon::data
