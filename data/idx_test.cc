#include "data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/scratch_gzip.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::string idx(int type, const std::vector<std::uint32_t>& shape, const std::string& elements) {
  std::string bytes = {'\0', '\0', static_cast<char>(type), static_cast<char>(shape.size())};
  for (const std::uint32_t size : shape) bytes += big_endian(size);
  return bytes + elements;
}

const std::string kSmall = idx(0x08, {2, 3}, "abcdef");

absl::Status status_of(const ScratchFolder& folder, const std::string& bytes) {
  return read_idx(folder.put("x", bytes)).status();
}

TEST(ReadIdx, ReadsBytes) {
  const ScratchFolder folder;
  for (const std::string& bytes : {kSmall, gzipped(kSmall)}) {
    const auto tensor = read_idx(folder.put("x", bytes));
    ASSERT_TRUE(tensor.ok()) << tensor.status();
    EXPECT_EQ(tensor->shape(), Shape({2, 3}));
    EXPECT_THAT(tensor->to_vector<std::uint8_t>(), ElementsAre('a', 'b', 'c', 'd', 'e', 'f'));
  }
}

TEST(ReadIdx, ReadsNumbersBigEndianFirst) {
  const ScratchFolder folder;
  const auto i32 = read_idx(folder.put("x", idx(0x0c, {2}, big_endian(258) + big_endian(-2u))));
  EXPECT_THAT(i32->to_vector<std::int32_t>(), ElementsAre(258, -2));
  const auto f32 = read_idx(folder.put("x", idx(0x0d, {1}, std::string("\x3f\xc0\0\0", 4))));
  EXPECT_THAT(f32->to_vector<float>(), ElementsAre(1.5f));
  const auto f64 =
      read_idx(folder.put("x", idx(0x0e, {1}, std::string("\x3f\xf8\0\0\0\0\0\0", 8))));
  EXPECT_THAT(f64->to_vector<double>(), ElementsAre(1.5));
}

TEST(ReadIdx, ReadsNoElements) {
  const ScratchFolder folder;
  const auto tensor = read_idx(folder.put("x", idx(0x08, {0, 28, 28}, "")));
  ASSERT_TRUE(tensor.ok()) << tensor.status();
  EXPECT_EQ(tensor->shape(), Shape({0, 28, 28}));
}

TEST(ReadIdx, ReadsTheFirstEntries) {
  const ScratchFolder folder;
  for (const std::string& bytes : {kSmall, gzipped(kSmall)}) {
    const std::string path = folder.put("x", bytes);
    const auto first = read_idx(path, 1);
    ASSERT_TRUE(first.ok()) << first.status();
    EXPECT_EQ(first->shape(), Shape({1, 3}));
    EXPECT_THAT(first->to_vector<std::uint8_t>(), ElementsAre('a', 'b', 'c'));
    EXPECT_EQ(read_idx(path, 0)->shape(), Shape({0, 3}));
    EXPECT_EQ(read_idx(path, 2)->shape(), Shape({2, 3}));
    EXPECT_EQ(read_idx(path, 5)->shape(), Shape({2, 3}));
    EXPECT_THROW((void)read_idx(path, -1), ValueError);
  }
  EXPECT_TRUE(read_idx(folder.put("x", kSmall + "g"), 1).ok());
  EXPECT_FALSE(read_idx(folder.put("x", kSmall + "g"), 2).ok());
  EXPECT_FALSE(read_idx(folder.put("x", kSmall.substr(0, 16)), 1).ok());
}

TEST(ReadIdx, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  for (std::size_t size = 0; size < kSmall.size(); ++size) {
    EXPECT_FALSE(status_of(folder, kSmall.substr(0, size)).ok()) << size;
    EXPECT_FALSE(status_of(folder, gzipped(kSmall.substr(0, size))).ok()) << size;
  }
  const std::string packed = gzipped(kSmall);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    EXPECT_FALSE(status_of(folder, packed.substr(0, size)).ok()) << size;
  }
}

TEST(ReadIdx, NoChangedByteCrashes) {
  const ScratchFolder folder;
  for (std::size_t at = 0; at < kSmall.size(); ++at) {
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string changed = kSmall;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto tensor = read_idx(folder.put("x", changed));
      const bool in_elements = at >= 12;
      EXPECT_EQ(tensor.ok(), in_elements) << at << " " << flip;
    }
  }
}

TEST(ReadIdx, NamesFileAndByte) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    const absl::Status status = status_of(folder, bytes);
    EXPECT_THAT(message(status), HasSubstr(what));
    EXPECT_THAT(message(status), HasSubstr(folder.path("x")));
  };
  expect("", "expected an IDX file, got an empty one");
  expect(std::string("\0\0", 2), "expected 4 bytes of IDX magic from byte 0 on, got 2");
  expect("<html>",
         "expected the bytes 00 00 of an IDX file (or 1f 8b of a gzip file) at byte 0, "
         "got 3c 68");
  expect(gzipped("<html>"), "expected the bytes 00 00 of an IDX file at byte 0, got 3c 68");
  expect(idx(0x07, {1}, "a"), "expected a type code from 08 to 0e at byte 2, got 07");
  expect(idx(0x0b, {1}, "ab"), "expected elements u8, i32, f32 or f64, got i16 at byte 2");
  expect(idx(0x08, {}, "a"), "expected 1 to 255 dimensions at byte 3, got 0");
  expect(kSmall.substr(0, 10), "expected 4 bytes of a size from byte 8 on, got 2");
  expect(kSmall.substr(0, 16),
         "expected 6 bytes of elements (u8 [2,3]) from byte 12 on, the file "
         "has 4");
  expect(gzipped(kSmall.substr(0, 16)), "expected 6 bytes of elements from byte 12 on, got 4");
  expect(kSmall + "g", "expected the end at byte 18, got more bytes");
  expect(gzipped(kSmall + "g"), "expected the end at byte 18, got more bytes");
}

// 2^31 images of 28x28 are 1.7 TB: the claim is refused before memory is asked for.
TEST(ReadIdx, RefusesAnImpossibleClaim) {
  const ScratchFolder folder;
  const std::string claim = idx(0x08, {1u << 31, 28, 28}, "abc");
  for (const std::string& bytes : {claim, gzipped(claim)}) {
    const absl::Status status = status_of(folder, bytes);
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(message(status), HasSubstr("expected 1683627180032 bytes of elements"));
  }
  const std::string overflow = idx(0x08, {1u << 31, 1u << 31, 1u << 31}, "abc");
  EXPECT_THAT(message(status_of(folder, overflow)), HasSubstr("more bytes than 64 bits can count"));
}

TEST(ReadIdx, NamesAFileThatIsNotThere) {
  const absl::Status status = read_idx("no-idx3-ubyte").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("no-idx3-ubyte"));
}

}  // namespace
}  // namespace tenon::data
