#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/data_dir.h"
#include "data/scratch_gzip.h"
#include "data/text/text_file.h"
#include "data/text/token_blocks.h"
#include "data/text/word_vocabulary.h"
#include "tensor/error.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Ids = std::vector<std::int32_t>;

TEST(LoadText, ReadsPlainAndGzipped) {
  const ScratchFolder folder;
  const std::string text = "caf\xc3\xa9\r\nna\xc3\xafve\n";
  for (const std::string& bytes : {text, gzipped(text), "\xef\xbb\xbf" + text}) {
    EXPECT_EQ(*load_text(folder.put("t.txt", bytes)), text);
  }
}

TEST(LoadText, NamesFileAndByte) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& bytes, const std::string& what) {
    EXPECT_THAT(message(load_text(folder.put("t.txt", bytes)).status()),
                HasSubstr(folder.path("t.txt") + what));
  };
  expect("", ": expected text, got an empty file");
  expect("abc\xff", ": expected UTF-8 at byte 3");
  expect("a\xc3", ": expected UTF-8 at byte 1");
  expect("\xed\xa0\x80", ": expected UTF-8 at byte 0");
  expect(gzipped("abc").substr(0, 15), ": gzip data ends early");
  EXPECT_EQ(*load_text(folder.put("t.txt", "a\xff"), {.require_utf8 = false}), "a\xff");
  EXPECT_EQ(load_text(folder.put("t.txt", "abcdef"), {.max_bytes = 3}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(load_text("no.txt").status().code(), absl::StatusCode::kNotFound);
}

TEST(LoadText, EveryTruncationIsTextOrAnError) {
  const ScratchFolder folder;
  const std::string text = "a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const bool whole = size == 1 || size == 3 || size == 6 || size == 10;
    EXPECT_EQ(load_text(folder.put("t.txt", text.substr(0, size))).ok(), whole) << size;
  }
}

TEST(LoadWikitext, TakesRawBeforeTokens) {
  const ScratchFolder folder;
  EXPECT_THAT(message(load_wikitext(folder.path(), "train").status()),
              HasSubstr("expected wiki.train.raw or wiki.train.tokens"));
  folder.put("wiki.valid.tokens.gz", gzipped("tokens"));
  EXPECT_EQ(*load_wikitext(folder.path(), "valid"), "tokens");
  folder.put("wiki.valid.raw", "raw");
  EXPECT_EQ(*load_wikitext(folder.path(), "valid"), "raw");
}

TEST(WikitextArticles, BeginAtTitles) {
  const std::string text =
      " \n = One = \n \n x\n = y = \n z\n \n = = Part = = \n \n = Two = \r\n\r\n z";
  EXPECT_THAT(wikitext_articles(text),
              ElementsAre(" \n", " = One = \n \n x\n = y = \n z\n \n = = Part = = \n \n",
                          " = Two = \r\n\r\n z"));
  EXPECT_TRUE(wikitext_articles("").empty());
  EXPECT_THAT(wikitext_articles(" = = \n"), ElementsAre(" = = \n"));
}

TEST(TokenBlocks, ShiftsTargetsByOne) {
  const TokenBlocks blocks({0, 1, 2, 3, 4, 5, 6, 7}, {.length = 3});
  EXPECT_EQ(blocks.size(), 2);  // the third block lacks its last target
  const Batch batch = blocks.get(std::vector<std::int64_t>{1, 0});
  EXPECT_EQ(batch.inputs.shape(), Shape({2, 3}));
  EXPECT_THAT(batch.inputs.to_vector<std::int64_t>(), ElementsAre(3, 4, 5, 0, 1, 2));
  EXPECT_THAT(batch.targets.to_vector<std::int64_t>(), ElementsAre(4, 5, 6, 1, 2, 3));
  EXPECT_THAT(batch.indices.to_vector<std::int64_t>(), ElementsAre(1, 0));
}

TEST(TokenBlocks, OverlapWhereAsked) {
  const TokenBlocks blocks({0, 1, 2, 3, 4, 5}, {.length = 2, .stride = 1});
  EXPECT_EQ(blocks.size(), 4);
  EXPECT_THAT(blocks.get(std::vector<std::int64_t>{3}).targets.to_vector<std::int64_t>(),
              ElementsAre(4, 5));
  EXPECT_EQ(TokenBlocks({0, 1, 2}, {.length = 2, .stride = 100}).size(), 1);
}

TEST(TokenBlocks, ThrowsForWhatIsNoBlock) {
  EXPECT_THROW(TokenBlocks({0, 1, 2}, {.length = 3}), ValueError);
  EXPECT_THROW(TokenBlocks({}, {.length = 1}), ValueError);
  EXPECT_THROW(TokenBlocks({0, 1}, {.length = 0}), ValueError);
  EXPECT_THROW(TokenBlocks({0, 1}, {.length = 1, .stride = -1}), ValueError);
  const TokenBlocks blocks({0, 1}, {.length = 1});
  EXPECT_THROW(blocks.get(std::vector<std::int64_t>{1}), IndexError);
  EXPECT_THROW(blocks.get(std::vector<std::int64_t>{-1}), IndexError);
}

TEST(JoinDocuments, SeparatesThem) {
  EXPECT_EQ(join_documents(std::vector<Ids>{{1, 2}, {}, {3}}, 9), (Ids{1, 2, 9, 9, 3, 9}));
}

TEST(WordVocabulary, CountsWordsInTheirOrder) {
  const WordVocabulary words({"the cat\nthe <unk> dog\n", "a cat"});
  EXPECT_EQ(words.size(), 6);
  EXPECT_EQ(words.encode("the dog sat\n\ncat"), (Ids{2, 4, 1, 0, 0, 3, 0}));
  EXPECT_EQ(words.decode(words.encode("the cat\n <unk>")), "the cat\n<unk>\n");
  EXPECT_EQ(WordVocabulary({"a b a"}, {.min_count = 2}).size(), 3);
  EXPECT_THROW(words.decode(Ids{6}), IndexError);
}

// The published numbers of tokens (Merity et al. 2016, table 1).
TEST(WordVocabulary, CountsWikiText2) {
  const auto folder = data_dir();
  if (!folder.ok()) GTEST_SKIP() << folder.status();
  const auto valid = load_wikitext(*folder + "/wikitext2", "valid");
  const auto test = load_wikitext(*folder + "/wikitext2", "test");
  ASSERT_TRUE(valid.ok() && test.ok()) << valid.status() << test.status();
  const WordVocabulary words({*valid, *test});
  EXPECT_EQ(words.encode(*valid).size(), 217'646u);
  EXPECT_EQ(words.encode(*test).size(), 245'569u);
  EXPECT_EQ(wikitext_articles(*valid).size(), 61u);  // 60, and the blank line before the first
  EXPECT_EQ(wikitext_articles(*test).size(), 61u);
}

}  // namespace
}  // namespace tenon::data
