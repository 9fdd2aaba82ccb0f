#include "tensor/io/npy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/npy_header.h"
#include "tensor/io/scratch_file.h"

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string fixture(const std::string& name) { return "tensor/io/testdata/" + name + ".npy"; }

Tensor load(const std::string& path) {
  absl::StatusOr<Tensor> tensor = read_npy(path);
  EXPECT_TRUE(tensor.ok()) << tensor.status();
  return tensor.ok() ? *tensor : zeros({0});
}

// A file of version 1.0 with this header and these elements.
std::string npy(const std::string& header, const std::string& elements) {
  std::string bytes = "\x93NUMPY";
  bytes += {'\x01', '\x00', static_cast<char>(header.size() & 0xff),
            static_cast<char>(header.size() >> 8)};
  return bytes + header + elements;
}

absl::Status status_of(const ScratchFolder& folder, const std::string& bytes) {
  return read_npy(folder.put("x.npy", bytes)).status();
}

constexpr auto kMin32 = std::numeric_limits<std::int32_t>::min();
constexpr auto kMax32 = std::numeric_limits<std::int32_t>::max();
constexpr auto kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax64 = std::numeric_limits<std::int64_t>::max();

TEST(ReadNpy, ReadsWhatNumpyWrote) {
  const Tensor f32 = load(fixture("f32"));
  EXPECT_EQ(f32.shape(), Shape({2, 3}));
  EXPECT_THAT(f32.to_vector<float>(), ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
  EXPECT_THAT(load(fixture("f64")).to_vector<double>(),
              ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
  EXPECT_EQ(load(fixture("f16")).dtype(), DType::kF16);
  EXPECT_THAT(load(fixture("f16")).to(DType::kF32).to_vector<float>(),
              ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
  EXPECT_THAT(load(fixture("i64")).to_vector<std::int64_t>(),
              ElementsAre(kMin64, -1, 0, 1, 2, kMax64));
  EXPECT_THAT(load(fixture("i32")).to_vector<std::int32_t>(),
              ElementsAre(kMin32, -1, 0, 1, 2, kMax32));
  EXPECT_THAT(load(fixture("u8")).to_vector<std::uint8_t>(), ElementsAre(0, 1, 2, 127, 128, 255));
  EXPECT_EQ(load(fixture("bool")).dtype(), DType::kBool);
  EXPECT_THAT(load(fixture("bool")).to(DType::kU8).to_vector<std::uint8_t>(),
              ElementsAre(1, 0, 0, 1, 1, 0));
}

TEST(ReadNpy, ReadsTheOtherByteOrder) {
  EXPECT_THAT(load(fixture("f32_big_endian")).to_vector<float>(),
              ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
  EXPECT_THAT(load(fixture("i64_big_endian")).to_vector<std::int64_t>(),
              ElementsAre(kMin64, -1, 0, 1, 2, kMax64));
}

TEST(ReadNpy, ReadsFortranOrder) {
  const Tensor tensor = load(fixture("f32_fortran"));
  EXPECT_EQ(tensor.shape(), Shape({2, 3}));
  EXPECT_EQ(tensor.strides(), Strides({1, 2}));
  EXPECT_THAT(tensor.to_vector<float>(), ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
}

TEST(ReadNpy, ReadsEveryVersionAndRank) {
  EXPECT_EQ(load(fixture("f32_version2")).item<float>({1, 2}), 65504);
  EXPECT_EQ(load(fixture("f32_version3")).item<float>({1, 2}), 65504);
  EXPECT_EQ(load(fixture("scalar")).shape(), Shape({}));
  EXPECT_EQ(load(fixture("scalar")).item<double>(), 2.5);
  EXPECT_THAT(load(fixture("vector")).to_vector<std::int32_t>(), ElementsAre(1, 2, 3));
  EXPECT_EQ(load(fixture("empty")).shape(), Shape({0, 3}));
}

TEST(WriteNpy, WritesTheBytesThatNumpyWrites) {
  const ScratchFolder folder;
  for (const char* name : {"f32", "f64", "f16", "i64", "i32", "u8", "bool", "f32_fortran", "scalar",
                           "vector", "empty"}) {
    ASSERT_TRUE(write_npy(folder.path("x.npy"), load(fixture(name))).ok()) << name;
    EXPECT_EQ(slurp(folder.path("x.npy")), slurp(fixture(name))) << name;
  }
}

TEST(WriteNpy, WritesViewsInOrder) {
  const ScratchFolder folder;
  const Tensor slice = load(fixture("f32")).slice(1, 0, 3, 2);
  ASSERT_TRUE(write_npy(folder.path("x.npy"), slice).ok());
  const Tensor read = load(folder.path("x.npy"));
  EXPECT_EQ(read.shape(), Shape({2, 2}));
  EXPECT_THAT(read.to_vector<float>(), ElementsAre(-2.5, -0.5, 0.5, 65504));
}

TEST(WriteNpy, ThrowsForWhatNumpyLacks) {
  const ScratchFolder folder;
  EXPECT_THROW((void)write_npy(folder.path("x"), zeros({2}, {.dtype = DType::kBF16})), DTypeError);
  EXPECT_THROW((void)write_npy(folder.path("x"), Tensor()), ValueError);
  EXPECT_EQ(folder.number_of_files(), 0);
}

TEST(WriteNpy, NamesAFolderThatIsNotThere) {
  const ScratchFolder folder;
  const absl::Status status = write_npy(folder.path("no/x.npy"), zeros({2}));
  EXPECT_THAT(message(status), HasSubstr(folder.path("no/x.npy")));
}

TEST(ReadNpy, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  for (const char* name : {"f32", "f32_version2", "bool"}) {
    const std::string whole = slurp(fixture(name));
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const absl::Status status = status_of(folder, whole.substr(0, size));
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << name << " at " << size;
      EXPECT_THAT(message(status), HasSubstr(folder.path("x.npy")));
    }
  }
}

// Many changes are no error (another value, another quote); none may crash or read too far.
TEST(ReadNpy, NoChangedByteCrashes) {
  const ScratchFolder folder;
  const std::string whole = slurp(fixture("bool"));
  int errors = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto tensor = read_npy(folder.put("x.npy", changed));
      errors += !tensor.ok();
      if (!tensor.ok()) continue;
      EXPECT_LE(tensor->to(DType::kI64).to_vector<std::int64_t>().size(), 6u);
    }
  }
  EXPECT_GT(errors, 250);  // 128 bytes of header and preamble, mostly spaces
}

TEST(ReadNpy, NamesTheByteThatIsWrong) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    EXPECT_THAT(message(status_of(folder, bytes)), HasSubstr(what));
  };
  const std::string whole = slurp(fixture("f32"));
  expect("PK\3\4" + whole, "not a .npy file");
  expect(std::string(whole).replace(6, 1, "\4"), "got 4.0");
  expect(whole + "x", "expected the end at byte 152, the file has 153 bytes");
  expect(npy("{'descr': '<f4'}", ""), "expected the key 'fortran_order' at byte 26");
  expect(npy("{'descr': '<f4', 'descr': '<f4'}", ""), "each once at byte 27");
  expect(npy("{'fortran_order': Maybe}", ""), "expected True or False at byte 28");
  const std::string front = "{'descr': '<f4', 'fortran_order': False, 'shape': ";
  expect(npy(front + "(-1,)}", ""), "expected a size from 0 to 2^63 - 1 at byte 61");
  expect(npy(front + "(1)}", "abcd"), "expected ',' at byte 62");
  expect(npy(front + "(1,)", "abcd"), "expected '}'");
  expect(npy(front + "(1,)} x", "abcd"), "expected only spaces after '}'");
  expect(npy(front + "(9223372036854775807, 2)}", ""), "more elements than 64 bits can count");
  expect(npy(front + "(0, 9223372036854775807, 2)}", ""), "more elements than 64 bits can count");
  expect(npy(front + "(2305843009213693951,)}", ""), "expected 9223372036854775804 bytes");
}

TEST(ReadNpy, RefusesTooManyDimensions) {
  const ScratchFolder folder;
  std::string shape;
  for (int i = 0; i < internal::kMaxNpyDims; ++i) shape += "1,";
  const std::string front = "{'descr': '|u1', 'fortran_order': False, 'shape': (";
  EXPECT_EQ(load(folder.put("x.npy", npy(front + shape + ")}", "a"))).ndim(), 64);
  EXPECT_THAT(message(status_of(folder, npy(front + shape + "1,)}", "a"))),
              HasSubstr("at most 64 dimensions"));
}

TEST(ReadNpy, RefusesOtherElementTypes) {
  EXPECT_EQ(read_npy(fixture("u16")).status().code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(message(read_npy(fixture("u16")).status()), HasSubstr("got '<u2'"));
  EXPECT_THAT(message(read_npy(fixture("structured")).status()), HasSubstr("not a list of fields"));
}

TEST(ReadNpy, RefusesABoolThatIsNone) {
  const ScratchFolder folder;
  std::string bytes = slurp(fixture("bool"));
  bytes[130] = 2;
  const absl::Status status = status_of(folder, bytes);
  EXPECT_THAT(message(status), HasSubstr("x.npy: expected a bool, 0 or 1, at byte 130, got 2"));
}

TEST(ReadNpy, NamesAFileThatIsNotThere) {
  const absl::Status status = read_npy("no.npy").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("no.npy"));
}

}  // namespace
}  // namespace tenon
