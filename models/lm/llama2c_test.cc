#include "models/lm/llama2c.h"

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "data/data_dir.h"
#include "data/tokenizer/load.h"
#include "gtest/gtest.h"
#include "models/lm/folder.h"
#include "models/lm/generate.h"
#include "tensor/io/mapped_file.h"
#include "tensor/io/scratch_file.h"

namespace tenon::models {
namespace {

class StoriesTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto root = data::data_dir();
    folder_ = root.ok() ? *root + "/stories260k" : "";
    if (!std::filesystem::exists(folder_ + "/stories260K.bin")) {
      GTEST_SKIP() << "no stories260k in the data folder: " << root.status();
    }
  }

  /// What greedy decoding tells until the text would begin anew.
  void expect_reference(CausalLm& model) const {
    const auto tokenizer = data::load_llama2c_tokenizer(folder_ + "/tok512.bin");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    const std::int32_t begin = 1;
    const auto ids =
        generate(model, {&begin, 1}, {.max_new_tokens = 511, .stop = {{1}}, .stop_at_eos = false});
    // A NumPy implementation in f64 comes to the beginning again after 345 tokens; the reference is
    // the first 256 steps of it.
    EXPECT_EQ(ids.size(), 346u);
    std::string text = tokenizer->decode(ids);
    text.erase(0, text.find_first_not_of(' '));
    const std::string expected = read_file(folder_ + "/greedy_reference.txt").value();
    EXPECT_EQ(text.substr(0, expected.size()), expected);
  }

  std::string folder_;
};

TEST_F(StoriesTest, GreedyTextIsTheReference) {
  const auto model = load_llama2c(folder_ + "/stories260K.bin");
  ASSERT_TRUE(model.ok()) << model.status();
  expect_reference(**model);
}

TEST_F(StoriesTest, AsAFolderItTellsTheSameStory) {
  const auto model = load_llama2c(folder_ + "/stories260K.bin");
  ASSERT_TRUE(model.ok()) << model.status();
  const ScratchFolder scratch;
  ASSERT_TRUE(save_causal_lm(scratch.path("stories"), **model).ok());
  const auto again = load_causal_lm(scratch.path("stories"));
  ASSERT_TRUE(again.ok()) << again.status();
  expect_reference(**again);
}

std::string header(std::int32_t dim, std::int32_t hidden, std::int32_t layers, std::int32_t heads,
                   std::int32_t key_heads, std::int32_t vocab, std::int32_t positions) {
  const std::int32_t numbers[] = {dim, hidden, layers, heads, key_heads, vocab, positions};
  return {reinterpret_cast<const char*>(numbers), sizeof numbers};
}

TEST(Llama2cTest, DamagedFiles) {
  const ScratchFolder folder;
  const auto error = [&](const std::string& bytes) {
    return load_llama2c(folder.put("model.bin", bytes)).status();
  };
  EXPECT_EQ(error("").code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(error(std::string(28, '\xff')).code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(error(header(64, 172, 5, 8, 3, 512, 512)).code(), absl::StatusCode::kInvalidArgument);
  const absl::Status shorter = error(header(1 << 20, 1 << 20, 4096, 4, 4, 1 << 20, 1 << 20));
  EXPECT_EQ(shorter.code(), absl::StatusCode::kDataLoss);
  EXPECT_NE(message(shorter).find("model.bin: expected"), std::string::npos) << shorter;
  EXPECT_EQ(load_llama2c(folder.path("none")).status().code(), absl::StatusCode::kNotFound);
}

TEST(Llama2cTest, AHeadOfItsOwn) {
  const ScratchFolder folder;
  // dim 4, hidden 6, 1 layer, 2 heads, 1 key head, 3 words, 5 positions.
  const std::size_t numbers = 4 + 16 + 8 + 8 + 16 + 4 + 3 * 24 + 2 * 12 + 4 + 5 * 2;
  const std::string bytes = header(4, 6, 1, 2, 1, -3, 5) + std::string(4 * numbers, '\0');
  const auto model = load_llama2c(folder.put("model.bin", bytes));
  ASSERT_TRUE(model.ok()) << model.status();
  EXPECT_FALSE((*model)->config().tied);
  EXPECT_EQ((*model)->head().out_features(), 3);
}

}  // namespace
}  // namespace tenon::models
