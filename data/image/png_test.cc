#include "data/image/png.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/scratch_file.h"
#include "tensor/random.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

std::string fixture(const std::string& name) { return "data/image/testdata/" + name + ".png"; }

Tensor load(const std::string& path) {
  const auto pixels = read_png(path);
  EXPECT_TRUE(pixels.ok()) << pixels.status();
  return pixels.ok() ? *pixels : zeros({1, 1}, {.dtype = DType::kU8});
}

const std::vector<int> kColor = {255, 0, 0, 0,   255, 0,   0,  0,  255,
                                 0,   0, 0, 255, 255, 255, 10, 20, 30};

TEST(ReadPng, ReadsWhatPillowWrote) {
  const Tensor grey = load(fixture("grey"));
  EXPECT_EQ(grey.shape(), Shape({2, 3}));
  EXPECT_THAT(grey.to_vector<std::uint8_t>(), ElementsAre(0, 1, 127, 128, 254, 255));
  EXPECT_EQ(load(fixture("color")).shape(), Shape({2, 3, 3}));
  EXPECT_THAT(load(fixture("color")).to_vector<std::uint8_t>(), ElementsAreArray(kColor));
  EXPECT_THAT(load(fixture("palette")).to_vector<std::uint8_t>(), ElementsAreArray(kColor));
  EXPECT_THAT(load(fixture("one_bit")).to_vector<std::uint8_t>(),
              ElementsAre(0, 0, 0, 255, 255, 255));
}

TEST(ReadPng, LaysTransparentPixelsOverBlack) {
  std::vector<int> expected = kColor;
  std::fill(expected.end() - 3, expected.end(), 0);
  EXPECT_THAT(load(fixture("alpha")).to_vector<std::uint8_t>(), ElementsAreArray(expected));
}

TEST(WritePng, RoundTrips) {
  const ScratchFolder folder;
  Generator generator(1);
  for (const Shape& shape : {Shape{1, 1}, Shape{17, 5}, Shape{1, 1, 3}, Shape{5, 17, 3}}) {
    const Tensor pixels = randint(0, 256, shape, generator, {.dtype = DType::kU8});
    ASSERT_TRUE(write_png(folder.path("x.png"), pixels).ok());
    const Tensor read = load(folder.path("x.png"));
    EXPECT_EQ(read.shape(), shape);
    EXPECT_EQ(read.to_vector<std::uint8_t>(), pixels.to_vector<std::uint8_t>());
  }
}

TEST(WritePng, WritesViews) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_png(folder.path("x.png"), load(fixture("grey")).t()).ok());
  EXPECT_THAT(load(folder.path("x.png")).to_vector<std::uint8_t>(),
              ElementsAre(0, 128, 1, 254, 127, 255));
}

TEST(WritePng, ThrowsForWhatIsNoPicture) {
  const ScratchFolder folder;
  const std::string path = folder.path("x.png");
  const TensorOptions u8{.dtype = DType::kU8};
  EXPECT_THROW((void)write_png(path, zeros({2, 2})), DTypeError);
  EXPECT_THROW((void)write_png(path, Tensor()), DTypeError);
  for (const Shape& shape : {Shape{2}, Shape{2, 2, 2}, Shape{0, 2}, Shape{1, 2, 2, 3}}) {
    EXPECT_THROW((void)write_png(path, zeros(shape, u8)), ShapeError);
  }
  EXPECT_EQ(folder.number_of_files(), 0);
}

TEST(WritePng, NamesAFolderThatIsNotThere) {
  const ScratchFolder folder;
  const auto status = write_png(folder.path("no/x.png"), load(fixture("grey")));
  EXPECT_THAT(message(status), HasSubstr(folder.path("no/x.png")));
}

TEST(ReadPng, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  const std::string whole = slurp(fixture("color"));
  const std::size_t before_end_chunk = whole.size() - 12;
  for (std::size_t size = 0; size < before_end_chunk; ++size) {
    const std::string path = folder.put("x.png", whole.substr(0, size));
    const auto status = read_png(path).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << size;
    EXPECT_THAT(message(status), HasSubstr(path));
  }
}

TEST(ReadPng, NoChangedByteCrashes) {
  const ScratchFolder folder;
  int errors = 0;
  for (const char* name : {"color", "palette", "alpha"}) {
    const std::string whole = slurp(fixture(name));
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ flip);
        errors += !read_png(folder.put("x.png", changed)).ok();
      }
    }
  }
  EXPECT_GT(errors, 500);
}

TEST(ReadPng, RefusesMorePixelsThanItsBytesCanHold) {
  const ScratchFolder folder;
  // A header of 10^5 x 10^5 grey pixels; the checksum is right, the pixels are not there.
  const std::string bytes(
      "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\1\x86\xa0\0\1\x86\xa0\x08\0\0\0\0"
      "\x8d\x39\x54\x14\0\0\0\0IDAT\x35\xaf\x06\x1e\0\0\0\0IEND\xae\x42\x60\x82",
      57);
  const auto status = read_png(folder.put("x.png", bytes)).status();
  EXPECT_THAT(message(status), HasSubstr("57 bytes can hold, got 100000x100000"));
}

TEST(ReadPng, NamesWhatIsNoPng) {
  const ScratchFolder folder;
  EXPECT_EQ(read_png("no.png").status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(read_png(folder.put("x", "")).status()), HasSubstr("got an empty one"));
  EXPECT_THAT(message(read_png(folder.put("x", "GIF89a  ")).status()),
              HasSubstr(folder.path("x") + ": expected a PNG file: "));
}

}  // namespace
}  // namespace tenon::data
