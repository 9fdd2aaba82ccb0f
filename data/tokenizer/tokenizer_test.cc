#include "data/tokenizer/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/tokenizer/bpe.h"
#include "data/tokenizer/load.h"
#include "data/tokenizer/padding.h"
#include "data/tokenizer/spec.h"
#include "data/tokenizer/train.h"
#include "tensor/error.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using Ids = std::vector<std::int32_t>;

const std::string kFolder = "data/tokenizer/testdata/";

// The definition: the leftmost pair of the lowest rank, again and again.
Ids apply_reference(const std::vector<text::Merge>& merges, Ids symbols) {
  while (true) {
    const text::Merge* best = nullptr;
    std::size_t place = 0;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      for (const text::Merge& merge : merges) {
        if (merge.left != symbols[i] || merge.right != symbols[i + 1]) continue;
        if (best == nullptr || merge.rank < best->rank) {
          best = &merge;
          place = i;
        }
      }
    }
    if (best == nullptr) return symbols;
    symbols[place] = best->result;
    symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(MergeTable, MergesByRankThenFromTheLeft) {
  std::mt19937 random(1);
  for (int round = 0; round < 200; ++round) {
    text::MergeTable table;
    std::vector<text::Merge> merges;
    for (std::int32_t rank = 0; rank < 12; ++rank) {
      const text::Merge merge{.left = static_cast<std::int32_t>(random() % (3 + rank)),
                              .right = static_cast<std::int32_t>(random() % (3 + rank)),
                              .result = 3 + rank,
                              .rank = rank / (1 + round % 2)};
      if (table.add(merge)) merges.push_back(merge);
    }
    Ids symbols(random() % 40);
    for (auto& symbol : symbols) symbol = static_cast<std::int32_t>(random() % 3);
    const Ids expected = apply_reference(merges, symbols);
    table.apply(symbols);
    EXPECT_EQ(symbols, expected) << round;
    EXPECT_EQ(table.sorted().size(), merges.size());
  }
}

// A million equal letters take n log n steps, not n^2.
TEST(MergeTable, TakesLongWords) {
  text::MergeTable table;
  for (std::int32_t k = 0; k < 10; ++k) {
    table.add({.left = k, .right = k, .result = k + 1, .rank = k});
  }
  Ids symbols(1 << 18);
  table.apply(symbols);
  EXPECT_EQ(symbols, Ids(1 << 8, 10));
}

TEST(Tokenizer, FindsTokensAndTheirBytes) {
  const auto tokenizer = load_tokenizer(kFolder + "small_roberta.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->find("<s>"), 0);
  EXPECT_EQ(tokenizer->find("no such token"), std::nullopt);
  EXPECT_THAT(tokenizer->before(), ElementsAre(0));
  EXPECT_THAT(tokenizer->after(), ElementsAre(2));
  EXPECT_EQ(tokenizer->size(), 602);
  EXPECT_EQ(tokenizer->bytes_of(*tokenizer->find("\xc4\xa0")), " ");
  EXPECT_TRUE(tokenizer->is_special(0));
  EXPECT_FALSE(tokenizer->is_special(100));
  EXPECT_THROW(tokenizer->bytes_of(-1), IndexError);
  EXPECT_THROW(tokenizer->bytes_of(602), IndexError);
  EXPECT_THROW(tokenizer->decode(Ids{1, 602}), IndexError);
}

TEST(Tokenizer, TreatsSpecialTokensAsAsked) {
  const auto tokenizer = load_tokenizer(kFolder + "small_gpt2.json");
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  const std::string text = "a<|endoftext|>b";
  const Ids ids = tokenizer->encode(text);
  EXPECT_THAT(ids, ElementsAre(*tokenizer->find("a"), 0, *tokenizer->find("b")));
  EXPECT_EQ(tokenizer->decode(ids), text);
  EXPECT_EQ(tokenizer->decode(ids, {.skip_special = true}), "ab");
  const Ids plain = tokenizer->encode(text, {.parse_special = false});
  EXPECT_THAT(plain, ::testing::Not(::testing::Contains(0)));
  EXPECT_EQ(tokenizer->decode(plain), text);
  EXPECT_TRUE(tokenizer->encode("").empty());
}

// llama2.c's own way: over and over the neighbours whose joined text has the best score.
Ids llama2c_reference(const Tokenizer& tokenizer, const std::vector<float>& scores,
                      const std::string& text) {
  Ids ids;
  const std::string spaced = " " + text;
  for (const char c : spaced)
    ids.push_back(*tokenizer.find(c == ' ' ? "\xe2\x96\x81" : std::string(1, c)));
  while (true) {
    float best = -1e10f;
    std::size_t place = 0;
    std::int32_t result = -1;
    for (std::size_t i = 0; i + 1 < ids.size(); ++i) {
      const auto& tokens = tokenizer.spec().tokens;
      const auto joined = tokenizer.find(tokens[static_cast<std::size_t>(ids[i])] +
                                         tokens[static_cast<std::size_t>(ids[i + 1])]);
      if (!joined || scores[static_cast<std::size_t>(*joined)] <= best) continue;
      best = scores[static_cast<std::size_t>(*joined)];
      place = i;
      result = *joined;
    }
    if (result < 0) return ids;
    ids[place] = result;
    ids.erase(ids.begin() + static_cast<std::ptrdiff_t>(place) + 1);
  }
}

TEST(Llama2c, EncodesAsItsOwnProgramDoes) {
  const auto folder = data_dir();
  if (!folder.ok()) GTEST_SKIP() << folder.status();
  const std::string path = *folder + "/stories260k/tok512.bin";
  const auto tokenizer = load_llama2c_tokenizer(path);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
  EXPECT_EQ(tokenizer->size(), 512);
  std::vector<float> scores;
  const std::string file = slurp(path);
  for (std::size_t at = 4; at < file.size();) {
    std::int32_t length = 0;
    std::memcpy(&scores.emplace_back(), file.data() + at, 4);
    std::memcpy(&length, file.data() + at + 4, 4);
    at += 8 + static_cast<std::size_t>(length);
  }
  const std::string story = slurp(*folder + "/stories260k/greedy_reference.txt");
  for (std::size_t begin = 0; begin < story.size(); begin += 60) {
    std::string text = story.substr(begin, 60);
    std::erase(text, '\n');
    const Ids ids = tokenizer->encode(text, {.add_special = false});
    EXPECT_EQ(ids, llama2c_reference(*tokenizer, scores, text)) << text;
    EXPECT_EQ(tokenizer->decode(ids), text);
  }
  EXPECT_EQ(tokenizer->encode("a")[0], 1);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("\n\xf0\x9f\x98\x80\xff"), {.skip_special = true}),
            "\n\xf0\x9f\x98\x80\xff");
}

TEST(TrainBpe, LearnsWhatTheLibraryLearns) {
  const std::vector<std::string> strings =
      nlohmann::json::parse(slurp(kFolder + "nasty.json"))["strings"];
  const auto expected = nlohmann::json::parse(slurp(kFolder + "trained.json"));
  const std::vector<std::string_view> texts(strings.begin(), strings.end());
  const Tokenizer tokenizer = train_bpe(texts, {.vocab_size = 600, .min_count = 0});
  const auto& spec = tokenizer.spec();
  EXPECT_EQ(spec.tokens.size(), expected["vocab"].size());
  for (const auto& [spelling, id] : expected["vocab"].items()) {
    EXPECT_EQ(tokenizer.find(spelling), id.get<std::int32_t>()) << spelling;
  }
  const auto merges = spec.merges.sorted();
  ASSERT_EQ(merges.size(), expected["merges"].size());
  for (std::size_t i = 0; i < merges.size(); ++i) {
    EXPECT_EQ(spec.tokens[static_cast<std::size_t>(merges[i].left)], expected["merges"][i][0]) << i;
    EXPECT_EQ(spec.tokens[static_cast<std::size_t>(merges[i].right)], expected["merges"][i][1])
        << i;
  }
}

TEST(TrainBpe, StopsWhereNothingIsFrequent) {
  const Tokenizer tokenizer = train_bpe("low low low lower", {.vocab_size = 400});
  // "lo", "low", " low": four, four and three times; the rest once.
  EXPECT_EQ(tokenizer.size(), 260);
  EXPECT_EQ(tokenizer.encode("low low").size(), 2u);
  EXPECT_EQ(train_bpe("").size(), 257);
  EXPECT_THROW(train_bpe("", {.vocab_size = 256}), ValueError);
  EXPECT_THROW(train_bpe("", {.special_tokens = {"a", "a"}}), ValueError);
  EXPECT_THROW(train_bpe("", {.special_tokens = {""}}), ValueError);
}

TEST(PadTokens, FillsUpOnEitherSide) {
  const std::vector<Ids> sequences = {{5, 6, 7}, {8}};
  const PaddedTokens right = pad_tokens(sequences, {.pad = 1});
  EXPECT_THAT(right.ids.to_vector<std::int64_t>(), ElementsAre(5, 6, 7, 8, 1, 1));
  EXPECT_THAT(right.mask.to(DType::kU8).to_vector<std::uint8_t>(), ElementsAre(1, 1, 1, 1, 0, 0));
  const PaddedTokens left = pad_tokens(sequences, {.pad = 1, .left = true, .multiple_of = 4});
  EXPECT_THAT(left.ids.to_vector<std::int64_t>(), ElementsAre(1, 5, 6, 7, 1, 1, 1, 8));
  EXPECT_THAT(left.mask.select(1, 0).to(DType::kU8).to_vector<std::uint8_t>(), ElementsAre(0, 0));
  const PaddedTokens cut = pad_tokens(sequences, {.length = 2, .truncate = true});
  EXPECT_THAT(cut.ids.to_vector<std::int64_t>(), ElementsAre(5, 6, 8, 0));
  EXPECT_THROW(pad_tokens(sequences, {.length = 2}), ValueError);
  EXPECT_THROW(pad_tokens(std::vector<Ids>{}), ValueError);
  EXPECT_EQ(pad_tokens({Ids{}}).ids.shape(), Shape({1, 0}));
}

}  // namespace
}  // namespace tenon::data
