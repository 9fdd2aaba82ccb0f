#include "tensor/io/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace tenon {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kAll[] = "tensor/io/testdata/all.safetensors";
constexpr auto kMin64 = std::numeric_limits<std::int64_t>::min();
constexpr auto kMax64 = std::numeric_limits<std::int64_t>::max();

SafetensorsFile load(const std::string& path) {
  absl::StatusOr<SafetensorsFile> file = read_safetensors(path);
  EXPECT_TRUE(file.ok()) << file.status();
  return file.ok() ? *file : SafetensorsFile();
}

std::vector<std::string> names(const SafetensorsFile& file) {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : file.tensors) result.push_back(name);
  return result;
}

// A file with this header and `data_bytes` bytes after it.
std::string with_header(const std::string& header, std::size_t data_bytes) {
  const std::uint64_t length = header.size();
  return std::string(reinterpret_cast<const char*>(&length), 8) + header +
         std::string(data_bytes, '\0');
}

absl::Status status_of(const ScratchFolder& folder, const std::string& bytes) {
  return read_safetensors(folder.put("x.safetensors", bytes)).status();
}

void expect_fixture(const SafetensorsFile& file) {
  ASSERT_EQ(file.tensors.size(), 10u);
  for (const char* name : {"f32", "f64", "f16"}) {
    const Tensor& tensor = *file.find(name);
    EXPECT_EQ(tensor.shape(), Shape({2, 3}));
    EXPECT_EQ(tenon::name(tensor.dtype()), name);
    EXPECT_THAT(tensor.to(DType::kF32).to_vector<float>(),
                ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65504));
  }
  EXPECT_EQ(file.find("bf16")->dtype(), DType::kBF16);
  EXPECT_THAT(file.find("bf16")->to(DType::kF32).to_vector<float>(),
              ElementsAre(-2.5, -1.5, -0.5, 0.5, 1.5, 65536));
  EXPECT_THAT(file.find("i64")->to_vector<std::int64_t>(),
              ElementsAre(kMin64, -1, 0, 1, 2, kMax64));
  EXPECT_THAT(file.find("i32")->to_vector<std::int32_t>(),
              ElementsAre(INT32_MIN, -1, 0, 1, 2, INT32_MAX));
  EXPECT_THAT(file.find("u8")->to_vector<std::uint8_t>(), ElementsAre(0, 1, 2, 127, 128, 255));
  EXPECT_THAT(file.find("bool")->to(DType::kU8).to_vector<std::uint8_t>(),
              ElementsAre(1, 0, 0, 1, 1, 0));
  EXPECT_EQ(file.find("scalar")->shape(), Shape({}));
  EXPECT_EQ(file.find("scalar")->item<double>(), 2.5);
  EXPECT_EQ(file.find("empty")->shape(), Shape({0, 3}));
  EXPECT_EQ(file.find("empty")->dtype(), DType::kF32);
  const std::map<std::string, std::string> metadata = {{"format", "np"},
                                                       {"quote", "a \"b\" \\ \n é"}};
  EXPECT_EQ(file.metadata, metadata);
}

TEST(ReadSafetensors, ReadsWhatPythonWrote) {
  const SafetensorsFile file = load(kAll);
  expect_fixture(file);
  EXPECT_THAT(names(file), ElementsAre("i64", "f64", "scalar", "empty", "f32", "i32", "bf16", "f16",
                                       "u8", "bool"));
  EXPECT_EQ(file.find("none"), nullptr);
}

TEST(WriteSafetensors, RoundTripsEveryDtype) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_safetensors(folder.path("x"), load(kAll)).ok());
  expect_fixture(load(folder.path("x")));
}

TEST(WriteSafetensors, KeepsTheOrderAndAligns) {
  const ScratchFolder folder;
  const SafetensorsFile file{
      .tensors = {{"z", zeros({3}, {.dtype = DType::kU8})},
                  {"a", ones({2})},
                  {"m", full({1}, 7, {.dtype = DType::kF64})}},
  };
  ASSERT_TRUE(write_safetensors(folder.path("x"), file).ok());
  EXPECT_THAT(names(load(folder.path("x"))), ElementsAre("z", "a", "m"));
  const std::string text = slurp(folder.path("x"));
  EXPECT_THAT(text, HasSubstr(R"("z":{"dtype":"U8","shape":[3],"data_offsets":[16,19]})"));
  EXPECT_THAT(text, HasSubstr(R"("a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]})"));
  EXPECT_EQ((text.size() - 19) % 64, 0u);
}

TEST(WriteSafetensors, WritesNoTensorsAndViews) {
  const ScratchFolder folder;
  ASSERT_TRUE(write_safetensors(folder.path("x"), {}).ok());
  EXPECT_TRUE(load(folder.path("x")).tensors.empty());
  const Tensor matrix = tensor({{1, 2, 3}, {4, 5, 6}});
  ASSERT_TRUE(write_safetensors(folder.path("x"), {.tensors = {{"t", matrix.t()}}}).ok());
  EXPECT_THAT(load(folder.path("x")).find("t")->to_vector<float>(), ElementsAre(1, 4, 2, 5, 3, 6));
}

TEST(WriteSafetensors, MayReplaceTheFileThatItReads) {
  const ScratchFolder folder;
  const std::string path = folder.path("x");
  ASSERT_TRUE(write_safetensors(path, {.tensors = {{"a", ones({1000})}}}).ok());
  SafetensorsFile file = load(path);
  file.tensors.insert(file.tensors.begin(), {"b", zeros({1000})});
  ASSERT_TRUE(write_safetensors(path, file).ok());
  EXPECT_EQ(sum(*load(path).find("a")).item<float>(), 1000);
  EXPECT_EQ(sum(*file.find("a")).item<float>(), 1000);
}

TEST(WriteSafetensors, ThrowsForNamesThatCannotBe) {
  const ScratchFolder folder;
  const auto write = [&](SafetensorsFile file) { (void)write_safetensors(folder.path("x"), file); };
  const Tensor t = zeros({1});
  EXPECT_THROW(write({.tensors = {{"a", t}, {"a", t}}}), ValueError);
  EXPECT_THROW(write({.tensors = {{"__metadata__", t}}}), ValueError);
  EXPECT_THROW(write({.tensors = {{"\xff", t}}}), ValueError);
  EXPECT_THROW(write({.metadata = {{"key", "\xc3"}}}), ValueError);
  EXPECT_THROW(write({.tensors = {{"a", Tensor()}}}), ValueError);
  EXPECT_EQ(folder.number_of_files(), 0);
}

TEST(WriteSafetensors, FullDiskKeepsTheEarlierFile) {
  const ScratchFolder folder;
  const std::string path = folder.path("x");
  ASSERT_TRUE(write_safetensors(path, load(kAll)).ok());
  absl::Status status;
  {
    const FileSizeLimit limit(1 << 16);
    status = write_safetensors(path, {.tensors = {{"a", zeros({100000})}}});
  }
  EXPECT_THAT(message(status), HasSubstr("cannot write byte 65536 of " + path));
  expect_fixture(load(path));
  EXPECT_EQ(folder.number_of_files(), 1);
}

TEST(ReadSafetensors, EveryTruncationIsAnError) {
  const ScratchFolder folder;
  const std::string whole = slurp(kAll);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const absl::Status status = status_of(folder, whole.substr(0, size));
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << "at " << size << ": " << status;
    EXPECT_THAT(message(status), HasSubstr(folder.path("x.safetensors")));
  }
}

// Many changes are no error (another value, another name); none may crash or read too far.
TEST(ReadSafetensors, NoChangedByteCrashes) {
  const ScratchFolder folder;
  const std::string whole = slurp(kAll);
  int errors = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (const int flip : {0x01, 0x10, 0x80, 0xff}) {
      std::string changed = whole;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      const auto file = read_safetensors(folder.put("x.safetensors", changed));
      errors += !file.ok();
      if (!file.ok()) continue;
      for (const auto& [name, tensor] : file->tensors) {
        EXPECT_LE(tensor.to(DType::kF64).to_vector<double>().size(), 6u);
      }
    }
  }
  EXPECT_GT(errors, 1000);  // of 4 * 868, a third of them in names and values
}

TEST(ReadSafetensors, CopiesUnalignedTensors) {
  const ScratchFolder folder;
  std::string bytes = with_header(R"({"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},)"
                                  R"("b":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}})",
                                  5);
  const float value = 1.5f;
  bytes.replace(bytes.size() - 4, 4, reinterpret_cast<const char*>(&value), 4);
  const SafetensorsFile file = load(folder.put("x", bytes));
  EXPECT_EQ(file.find("b")->item<float>(), 1.5f);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(file.find("b")->raw_data()) % 4, 0u);
}

TEST(ReadSafetensors, CountsWritesPerTensor) {
  const SafetensorsFile file = load(kAll);
  const auto before = file.find("f64")->storage()->version();
  file.find("f32")->fill_(1);
  EXPECT_EQ(file.find("f64")->storage()->version(), before);
  expect_fixture(load(kAll));  // and the file is as it was
}

struct Damage {
  const char* what;
  const char* header;
  std::size_t data_bytes;
  const char* message;
};

TEST(ReadSafetensors, NamesTheTensorThatIsWrong) {
  const ScratchFolder folder;
  const Damage cases[] = {
      {"no object", "[]", 0, "expected '{' as the header's first byte"},
      {"a space first", " {}", 0, "expected '{' as the header's first byte"},
      {"no JSON", R"({"a":nonsense})", 0, "expected JSON, got something else near byte"},
      {"text after the object", "{} {}", 0, "expected JSON"},
      {"not UTF-8", "{\"\xff\":{}}", 0, "expected JSON"},
      {"tensor is a number", R"({"a":1})", 0, "tensor 'a': expected an object, got 1"},
      {"no fields", R"({"a":{}})", 0, "tensor 'a': expected dtype, shape and data_offsets"},
      {"a field too few", R"({"a":{"dtype":"U8","shape":[]}})", 1, "tensor 'a': expected dtype, "},
      {"a field too many", R"({"a":{"extra":1}})", 0, "got 'extra'"},
      {"a field twice", R"({"a":{"dtype":"U8","dtype":"U8"}})", 0, "once each"},
      {"a dtype of the format", R"({"a":{"dtype":"I16"}})", 0, "BOOL, got 'I16'"},
      {"a dtype that is a number", R"({"a":{"dtype":3}})", 0, "a string as dtype, got 3"},
      {"a negative size", R"({"a":{"shape":[-1]}})", 0, "sizes from 0 as shape, got -1"},
      {"a fraction", R"({"a":{"shape":[1.5]}})", 0, "sizes from 0 as shape, got 1.5"},
      {"a size beyond 63 bits", R"({"a":{"shape":[9223372036854775808]}})", 0,
       "got 9223372036854775808"},
      {"a nested shape", R"({"a":{"shape":[[1]]}})", 0, "sizes from 0 as shape, got an array"},
      {"three offsets", R"({"a":{"data_offsets":[0,1,2]}})", 0, "expected two data_offsets"},
      {"one offset", R"({"a":{"data_offsets":[0]}})", 0, "expected two data_offsets"},
      {"a name twice", R"({"a":{"dtype":"U8","shape":[],"data_offsets":[0,1]},"a":{}})", 1,
       "tensor 'a': expected each name once"},
      {"metadata of numbers", R"({"__metadata__":{"n":1}})", 0, "expected a string for 'n', got 1"},
      {"metadata twice", R"({"__metadata__":{},"__metadata__":{}})", 0, "each name once"},
      {"a metadata key twice", R"({"__metadata__":{"k":"","k":""}})", 0, "expected 'k' once"},
      {"too many elements",
       R"({"a":{"dtype":"F32","shape":[4611686018427387904,2],"data_offsets":[0,8]}})", 8,
       "more bytes than 64 bits can count"},
      {"offsets against the shape", R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4,
       "data_offsets that are 8 bytes apart (f32 [2]), got [0,4]"},
      {"offsets backwards", R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", 4,
       "got [4,0]"},
      {"offsets beyond the end", R"({"a":{"dtype":"U8","shape":[9],"data_offsets":[0,9]}})", 8,
       "within the file's 8 bytes of elements, got [0,9]"},
      {"a gap at the start", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})", 3,
       "got [1,3], which leave a gap"},
      {"a gap at the end", R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]}})", 3,
       "cover 3 bytes of elements, they end at 2"},
      {"an overlap",
       R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
       R"("b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}})",
       3,
       "tensor 'b': expected data_offsets from 2 (tensors side by side), got [1,3], which overlap"},
  };
  for (const Damage& damage : cases) {
    const auto status = status_of(folder, with_header(damage.header, damage.data_bytes));
    EXPECT_THAT(message(status), HasSubstr(damage.message)) << damage.what;
    EXPECT_THAT(message(status), HasSubstr(folder.path("x.safetensors: "))) << damage.what;
  }
}

TEST(ReadSafetensors, RefusesAHeaderBeyondTheFormatsLimit) {
  const ScratchFolder folder;
  std::string bytes = with_header("{}", 0);
  bytes.replace(0, 8, "\xff\xff\xff\xff\xff\xff\xff\xff");
  EXPECT_THAT(message(status_of(folder, bytes)), HasSubstr("at most 100000000 bytes at byte 0"));
}

TEST(ReadSafetensors, RefusesDeepJsonAtItsFirstLevel) {
  const ScratchFolder folder;
  for (const std::string open : {"[", "{\"a\":"}) {
    std::string deep = "{\"a\":";
    for (int i = 0; i < 100000; ++i) deep += open;
    EXPECT_EQ(status_of(folder, with_header(deep, 0)).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(ReadSafetensors, RefusesABoolThatIsNone) {
  const ScratchFolder folder;
  std::string bytes = with_header(R"({"a":{"dtype":"BOOL","shape":[2],"data_offsets":[0,2]}})", 2);
  bytes.back() = 2;
  EXPECT_THAT(message(status_of(folder, bytes)),
              HasSubstr("expected a bool, 0 or 1, at byte " + std::to_string(bytes.size() - 1)));
}

TEST(ReadSafetensors, NamesAFileThatIsNotThere) {
  const absl::Status status = read_safetensors("no.safetensors").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("no.safetensors"));
  EXPECT_EQ(read_safetensors("tensor/io/testdata/i16.safetensors").status().code(),
            absl::StatusCode::kUnimplemented);
}

}  // namespace
}  // namespace tenon
