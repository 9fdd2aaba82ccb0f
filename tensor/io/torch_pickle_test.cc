// Files that PyTorch wrote (tensor/io/testdata/make_torch_files.py), whole and damaged.

#include "tensor/io/torch_pickle.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tensor/io/scratch_file.h"

namespace tenon {
namespace {

using ::testing::HasSubstr;

std::string testdata(const std::string& name) { return "tensor/io/testdata/" + name; }

std::string bytes_of(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream bytes;
  bytes << in.rdbuf();
  return bytes.str();
}

// Anew: ext4 waits for the disk where a file is emptied and written again.
void write_bytes(const std::string& path, const std::string& bytes) {
  std::filesystem::remove(path);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

const Tensor& tensor_of(const TorchFile& file, const std::string& name) {
  for (const auto& [own, tensor] : file.tensors) {
    if (own == name) return tensor;
  }
  throw Error("no tensor " + name);
}

class TorchPickleTest : public testing::TestWithParam<std::string> {};

TEST_P(TorchPickleTest, ReadsWhatPyTorchWrote) {
  const auto file = read_torch_pickle(testdata(GetParam()));
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_EQ(file->tensors.size(), 12u);
  const Tensor& weight = tensor_of(*file, "state_dict.layer.weight");
  EXPECT_EQ(to_string(weight.shape()), "[3,4]");
  EXPECT_EQ(weight.to_vector<float>(), (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}));
  const Tensor& view = tensor_of(*file, "state_dict.layer.view");
  EXPECT_EQ(to_string(view.shape()), "[3,2]");
  EXPECT_EQ(view.to_vector<float>(), (std::vector<float>{1, 9, 2, 10, 3, 11}));
  EXPECT_EQ(view.storage().get(), weight.storage().get());
  EXPECT_EQ(tensor_of(*file, "state_dict.parameter").to_vector<float>(),
            (std::vector<float>{0.5, -2}));
  const std::vector<std::pair<std::string, DType>> dtypes = {
      {"float64", DType::kF64}, {"float16", DType::kF16}, {"bfloat16", DType::kBF16},
      {"int64", DType::kI64},   {"int32", DType::kI32},   {"uint8", DType::kU8}};
  for (const auto& [name, dtype] : dtypes) {
    const Tensor& tensor = tensor_of(*file, "state_dict." + name);
    EXPECT_EQ(tensor.dtype(), dtype);
    EXPECT_EQ(tensor.to(DType::kF32).to_vector<float>(), (std::vector<float>{1, 2, 3})) << name;
  }
  EXPECT_EQ(tensor_of(*file, "state_dict.bool").dtype(), DType::kBool);
  EXPECT_EQ(tensor_of(*file, "state_dict.bool").to(DType::kF32).to_vector<float>(),
            (std::vector<float>{1, 0}));
  EXPECT_EQ(tensor_of(*file, "state_dict.scalar").ndim(), 0);
  EXPECT_EQ(tensor_of(*file, "state_dict.scalar").item<std::int64_t>(), 7);
  EXPECT_EQ(to_string(tensor_of(*file, "state_dict.empty").shape()), "[0,3]");
  const std::vector<std::pair<std::string, double>> numbers = {
      {"best", 91.75},   {"epoch", 164},    {"big", 1099511627776.0},
      {"minus", -300},   {"flag", 1},       {"groups.0.lr", 0.1},
      {"groups.1.0", 1}, {"groups.1.1", 2}, {"5", 6}};
  EXPECT_EQ(file->numbers, numbers);
  ASSERT_EQ(file->strings.size(), 1u);
  EXPECT_EQ(file->strings[0].second, "resnet20");
  const auto state = file->below("state_dict.");
  ASSERT_EQ(state.size(), 12u);
  EXPECT_EQ(state[0].first, "layer.weight");
}

TEST_P(TorchPickleTest, CutAnywhereIsAnError) {
  const std::string whole = bytes_of(testdata(GetParam()));
  const ScratchFolder folder;
  const std::string path = folder.path("cut.pt");
  for (std::size_t size = 0; size < whole.size(); size += 3) {
    write_bytes(path, whole.substr(0, size));
    const auto file = read_torch_pickle(path);
    ASSERT_FALSE(file.ok()) << "cut at " << size;
    ASSERT_THAT(message(file.status()), HasSubstr(path)) << size;
    ASSERT_THAT(message(file.status()), HasSubstr("byte")) << size;
  }
}

// What comes out is an error or a file, never a crash; run under the sanitizers too.
TEST_P(TorchPickleTest, AnyByteChanged) {
  const std::string whole = bytes_of(testdata(GetParam()));
  const ScratchFolder folder;
  const std::string path = folder.path("changed.pt");
  std::size_t refused = 0;
  constexpr unsigned char kFlips[] = {0x01, 0x80, 0xff};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    std::string changed = whole;
    changed[i] = static_cast<char>(static_cast<unsigned char>(changed[i]) ^ kFlips[i % 3]);
    write_bytes(path, changed);
    const auto file = read_torch_pickle(path);
    if (file.ok()) continue;
    ++refused;
    ASSERT_THAT(message(file.status()), HasSubstr(path)) << i;
  }
  EXPECT_GT(refused, whole.size() / 3);
}

INSTANTIATE_TEST_SUITE_P(Formats, TorchPickleTest,
                         testing::Values("torch_legacy.pt", "torch_zip.pt", "torch_deflated.pt"),
                         [](const auto& info) {
                           return info.param.substr(6, info.param.size() - 9);
                         });

void expect_refused(const std::string& name, absl::StatusCode code, const std::string& why) {
  const auto file = read_torch_pickle(testdata(name));
  ASSERT_FALSE(file.ok()) << name;
  EXPECT_EQ(file.status().code(), code) << file.status();
  EXPECT_THAT(message(file.status()), HasSubstr(why));
  EXPECT_THAT(message(file.status()), HasSubstr(name));
  EXPECT_THAT(message(file.status()), HasSubstr("at byte "));
}

TEST(TorchPickleRefusalTest, NothingIsCalled) {
  const auto code = absl::StatusCode::kInvalidArgument;
  expect_refused("torch_hostile_legacy.pt", code, "a call of 'posix.system'");
  expect_refused("torch_hostile_zip.pt", code, "a call of 'posix.system'");
  expect_refused("torch_module.pt", code, "a call of 'torch.nn.modules.linear.Linear'");
}

TEST(TorchPickleRefusalTest, OtherDtypes) {
  expect_refused("torch_int8.pt", absl::StatusCode::kUnimplemented, "CharStorage");
}

/// A file of the old format around the pickle of an object, with no storages.
std::string legacy(const std::string& object) {
  using namespace std::string_literals;
  return "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19."s + "\x80\x02M\xe9\x03."s +
         "\x80\x02}X\x0d\0\0\0little_endian\x88s."s + object + "\x80\x02]."s;
}

absl::Status read_object(const std::string& object) {
  const ScratchFolder folder;
  const std::string path = folder.path("object.pt");
  write_bytes(path, legacy(object));
  return read_torch_pickle(path).status();
}

TEST(TorchPickleRefusalTest, StrangePickles) {
  EXPECT_TRUE(read_object("}.").ok()) << read_object("}.");
  EXPECT_THAT(message(read_object("].]")), HasSubstr("byte"));
  for (const std::string& bad : {std::string("."),
                                 std::string("}}."),
                                 std::string("(."),
                                 std::string("t."),
                                 std::string("a."),
                                 std::string("u."),
                                 std::string("]K"),
                                 std::string("h\x05."),
                                 std::string("R."),
                                 std::string(")R."),
                                 std::string("}b."),
                                 std::string("Q."),
                                 std::string("K\x01Q."),
                                 std::string("q\x01."),
                                 std::string("}(K\x01u."),
                                 std::string("}]K\x01s."),
                                 std::string("]K\x01(a."),
                                 std::string("\x80\x09."),
                                 std::string("i."),
                                 std::string("X\xff\xff\xff\x7f."),
                                 std::string("cos\nsystem\n."),
                                 std::string("ctorch\nFloatStorage\n)R."),
                                 std::string("ctorch._utils\n_rebuild_tensor_v2\n)R."),
                                 std::string("\x8a\x09zzzzzzzzz."),
                                 std::string("ctorch\nFloatStorage\n.")}) {
    EXPECT_FALSE(read_object(bad).ok()) << bad;
  }
}

TEST(TorchPickleRefusalTest, ValuesWithinThemselves) {
  const absl::Status itself = read_object(
      "]q\x01h\x01"
      "a.");
  EXPECT_EQ(itself.code(), absl::StatusCode::kResourceExhausted) << itself;
  // 2^40 numbers in a few hundred bytes: each list holds the one before twice.
  std::string laughs = "]q\x01";
  for (int i = 1; i <= 40; ++i) {
    const char before = static_cast<char>(i);
    const char after = static_cast<char>(i + 1);
    laughs += std::string("]q") + after + "(h" + before + "h" + before + "e";
  }
  laughs = "(" + laughs + "t.";
  EXPECT_EQ(read_object(laughs).code(), absl::StatusCode::kResourceExhausted);
}

TEST(TorchPickleRefusalTest, OtherFiles) {
  const ScratchFolder folder;
  EXPECT_EQ(read_torch_pickle(folder.path("none")).status().code(), absl::StatusCode::kNotFound);
  write_bytes(folder.path("text"), "not a checkpoint at all");
  EXPECT_THAT(message(read_torch_pickle(folder.path("text")).status()),
              HasSubstr("not a file of torch.save"));
}

}  // namespace
}  // namespace tenon
