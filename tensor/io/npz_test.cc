#include "tensor/io/npz.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/scratch_file.h"
#include "tensor/io/zip_archive.h"
#include "tensor/io/zip_writer.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string fixture(const std::string& name) { return "tensor/io/testdata/" + name + ".npz"; }

NpzFile load(const std::string& path) {
  absl::StatusOr<NpzFile> file = read_npz(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *std::move(file) : NpzFile{};
}

bool same(const Tensor& a, const Tensor& b) {
  return a.dtype() == b.dtype() && a.shape() == b.shape() &&
         (a.numel() == 0 || max(ne(a, b).to(DType::kU8)).item<int>() == 0);
}

/// A tensor of each dtype that NumPy has, and of shapes and strides that are special.
NpzFile examples() {
  NpzFile file;
  Generator generator(1);
  for (const DType dtype : {DType::kF32, DType::kF64, DType::kF16, DType::kI64, DType::kI32,
                            DType::kU8, DType::kBool}) {
    file.tensors.emplace_back(std::string(name(dtype)), randint(0, 2, {3, 5}, generator).to(dtype));
  }
  file.tensors.emplace_back("turned", randn({3, 5}, generator).t());
  file.tensors.emplace_back("sliced", randn({9, 9}, generator).slice(1, 0, 9, 2));
  file.tensors.emplace_back("scalar", scalar(2.5));
  file.tensors.emplace_back("empty", zeros({0, 3}));
  file.tensors.emplace_back("", zeros({2}));
  file.tensors.emplace_back("a/b é", ones({70000}));
  return file;
}

TEST(ReadNpz, ReadsWhatNumpyWrote) {
  for (const char* which : {"stored", "deflated"}) {
    SCOPED_TRACE(which);
    const NpzFile file = load(fixture(which));
    ASSERT_EQ(file.tensors.size(), 12u);
    EXPECT_EQ(file.tensors[0].first, "f32");
    EXPECT_THAT(file.find("f32")->to_vector<float>(),
                ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
    EXPECT_TRUE(same(*file.find("f32"), *file.find("big_endian")));
    EXPECT_TRUE(same(*file.find("f64"), *file.find("fortran")));
    EXPECT_EQ(file.find("fortran")->strides(), Strides({1, 2}));
    EXPECT_EQ(file.find("f16")->dtype(), DType::kF16);
    EXPECT_THAT(file.find("i64")->to_vector<std::int64_t>(),
                ElementsAre(INT64_MIN, -1, 0, 1, 2, INT64_MAX));
    EXPECT_THAT(file.find("i32")->to_vector<std::int32_t>(),
                ElementsAre(INT32_MIN, -1, 0, 1, 2, INT32_MAX));
    EXPECT_THAT(file.find("u8")->to_vector<std::uint8_t>(), ElementsAre(0, 1, 2, 127, 128, 255));
    EXPECT_THAT(file.find("bool")->to(DType::kI64).to_vector<std::int64_t>(),
                ElementsAre(1, 0, 0, 1, 1, 0));
    EXPECT_EQ(file.find("scalar")->item<double>(), 2.5);
    EXPECT_EQ(file.find("empty")->shape(), Shape({0, 3}));
    EXPECT_THAT(file.find("folder/x")->to_vector<std::int64_t>(), ElementsAre(0, 1, 2));
    EXPECT_EQ(file.find("y"), nullptr);
  }
}

TEST(ReadNpz, RefusesPickledObjects) {
  const absl::Status status = read_npz(fixture("objects")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_THAT(message(status), HasSubstr("objects.npz: 'arr_0.npy': "));
  EXPECT_THAT(message(status), HasSubstr("'|O'"));
}

TEST(WriteNpz, RoundTrips) {
  const ScratchFolder folder;
  const NpzFile written = examples();
  for (const bool compress : {false, true}) {
    ASSERT_TRUE(write_npz(folder.path("x.npz"), written, {.compress = compress}).ok());
    const NpzFile read = load(folder.path("x.npz"));
    ASSERT_EQ(read.tensors.size(), written.tensors.size());
    for (std::size_t i = 0; i < read.tensors.size(); ++i) {
      EXPECT_EQ(read.tensors[i].first, written.tensors[i].first);
      EXPECT_TRUE(same(read.tensors[i].second, written.tensors[i].second)) << read.tensors[i].first;
    }
    EXPECT_EQ(folder.number_of_files(), 1);
  }
}

TEST(WriteNpz, OfNothing) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_npz(folder.path("x.npz"), {}).ok());
  EXPECT_TRUE(load(folder.path("x.npz")).tensors.empty());
}

TEST(WriteNpz, CompressionSavesSpace) {
  const ScratchFolder folder;
  const NpzFile contents{{{"x", zeros({3, 1 << 20})}}};  // more than one step of zlib
  ASSERT_TRUE(write_npz(folder.path("x.npz"), contents, {.compress = true}).ok());
  EXPECT_LT(slurp(folder.path("x.npz")).size(), 20000u);
  EXPECT_TRUE(same(*load(folder.path("x.npz")).find("x"), contents.tensors[0].second));
}

TEST(WriteNpz, StoredElementsLieAligned) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_npz(folder.path("x.npz"), examples()).ok());
  for (const auto& [name, tensor] : load(folder.path("x.npz")).tensors) {
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(tensor.raw_data()) % 64, 0u) << name;
  }
}

TEST(WriteNpz, SameContentsSameBytes) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_npz(folder.path("a.npz"), examples()).ok());
  ASSERT_TRUE(write_npz(folder.path("b.npz"), examples()).ok());
  EXPECT_EQ(slurp(folder.path("a.npz")), slurp(folder.path("b.npz")));
}

TEST(WriteNpz, ChecksItsArguments) {
  const ScratchFolder folder;
  const std::string path = folder.path("x.npz");
  const auto write = [&](NpzFile contents) { return write_npz(path, contents); };
  EXPECT_THROW((void)write({{{"x", zeros({1}, {.dtype = DType::kBF16})}}}), DTypeError);
  EXPECT_THROW((void)write({{{"x", Tensor()}}}), ValueError);
  EXPECT_THROW((void)write({{{"x", ones({1})}, {"x", ones({1})}}}), ValueError);
  EXPECT_THROW((void)write({{{std::string(65532, 'x'), ones({1})}}}), ValueError);
  EXPECT_TRUE(write({{{std::string(65531, 'x'), ones({1})}}}).ok());
  EXPECT_EQ(load(path).tensors[0].first.size(), 65531u);
}

TEST(WriteNpz, AFullDiskLeavesTheEarlierFile) {
  const ScratchFolder folder;
  const std::string path = folder.put("x.npz", "earlier");
  for (const bool compress : {false, true}) {
    const FileSizeLimit full(3000);
    Generator generator(1);
    const NpzFile contents{{{"x", randn({5000}, generator)}}};
    EXPECT_FALSE(write_npz(path, contents, {.compress = compress}).ok());
  }
  EXPECT_EQ(slurp(path), "earlier");
  EXPECT_EQ(folder.number_of_files(), 1);
}

TEST(ReadNpz, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  for (const bool compress : {false, true}) {
    ASSERT_TRUE(write_npz(folder.path("x.npz"), {{{"x", ones({7})}, {"y", zeros({2, 2})}}},
                          {.compress = compress})
                    .ok());
    const std::string bytes = slurp(folder.path("x.npz"));
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const absl::Status status = read_npz(folder.put("y.npz", bytes.substr(0, size))).status();
      EXPECT_FALSE(status.ok()) << size;
      EXPECT_THAT(message(status), HasSubstr("y.npz: "));
    }
  }
}

// Whatever one byte becomes, the result is an error or tensors: no crash, and where the elements
// were hit the checksum notices.
TEST(ReadNpz, EveryChangedByteIsSurvived) {
  const ScratchFolder folder;
  for (const bool compress : {false, true}) {
    ASSERT_TRUE(write_npz(folder.path("x.npz"), {{{"x", ones({7})}}}, {.compress = compress}).ok());
    const std::string bytes = slurp(folder.path("x.npz"));
    for (std::size_t at = 0; at < bytes.size(); ++at) {
      std::string changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ 0x55);
      const auto read = read_npz(folder.put("y.npz", changed));
      if (!read.ok() || !read->find("x")) continue;
      EXPECT_TRUE(same(*read->find("x"), ones({7}))) << at;
    }
  }
}

/// An archive with these files.
std::string archive(const ScratchFolder& folder,
                    const std::vector<std::pair<std::string, std::string>>& files) {
  auto writer = internal::ZipWriter::create(folder.path("made.npz"));
  EXPECT_TRUE(writer.ok());
  for (const auto& [name, text] : files) {
    const std::string_view piece = text;
    EXPECT_TRUE(writer->add_stored(name, {&piece, 1}).ok());
  }
  EXPECT_TRUE(writer->finish().ok());
  return folder.path("made.npz");
}

TEST(ReadNpz, RefusesOtherArchives) {
  const ScratchFolder folder;
  const auto error = [&](const std::vector<std::pair<std::string, std::string>>& files) {
    return message(read_npz(archive(folder, files)).status());
  };
  EXPECT_THAT(error({{"readme.txt", "x"}}), HasSubstr("expected .npy files in the archive, got "
                                                      "'readme.txt'"));
  EXPECT_THAT(error({{"x.npy", "text"}}), HasSubstr("'x.npy': expected \\x93NUMPY"));
  const std::string npy = slurp("tensor/io/testdata/u8.npy");
  EXPECT_THAT(error({{"x.npy", npy}, {"x.npy", npy}}), HasSubstr("'x.npy' twice"));
  EXPECT_THAT(error({{"x.npy", npy + "more"}}), HasSubstr("'x.npy': expected the end at byte"));
  EXPECT_THAT(error({{"x.npy", npy.substr(0, npy.size() - 1)}}),
              HasSubstr("'x.npy': expected 6 bytes of elements"));
  EXPECT_EQ(read_npz(folder.path("no.npz")).status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(read_npz(folder.put("x.npz", "no zip")).status()),
              HasSubstr("x.npz: expected the end of a zip archive's directory"));
}

// Sizes and offsets beyond 32 bits take other fields; a low limit stands for four gibibytes.
TEST(ZipWriter, WritesZip64) {
  const ScratchFolder folder;
  const std::string npy = slurp("tensor/io/testdata/f64.npy");
  const std::string_view pieces[] = {npy};
  auto writer = internal::ZipWriter::create(folder.path("x.npz"), /*zip64_from=*/100);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE(writer->add_stored("a.npy", pieces).ok());
  ASSERT_TRUE(writer->add_deflated("b.npy", pieces).ok());
  ASSERT_TRUE(writer->finish().ok());
  const NpzFile file = load(folder.path("x.npz"));
  ASSERT_EQ(file.tensors.size(), 2u);
  for (const auto& [name, tensor] : file.tensors) {
    EXPECT_THAT(tensor.to_vector<double>(), ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
  }
}

TEST(ZipWriter, WritesMoreEntriesThanSixteenBitsCount) {
  const ScratchFolder folder;
  auto writer = internal::ZipWriter::create(folder.path("x.zip"));
  ASSERT_TRUE(writer.ok());
  for (int i = 0; i < 66000; ++i) {
    ASSERT_TRUE(writer->add_stored(std::to_string(i), {}).ok());
  }
  ASSERT_TRUE(writer->finish().ok());
  const std::string bytes = slurp(folder.path("x.zip"));
  const auto entries = internal::read_zip_directory(bytes);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_EQ(entries->size(), 66000u);
  EXPECT_EQ(entries->back().name, "65999");
}

}  // namespace
}  // namespace tenon
