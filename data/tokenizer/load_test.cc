// Damaged and hostile tokenizer files.
#include "data/tokenizer/load.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "data/tokenizer/tokenizer_json.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kVocab[] = R"({"a":0,"b":1,"ab":2,"abb":3,"</s>":4})";
constexpr char kMerges[] = "#version: 0.2\na b\nab b\n";

absl::StatusOr<Tokenizer> load(const ScratchFolder& folder, const std::string& vocab,
                               const std::string& merges, const BpeFileOptions& options = {}) {
  return load_bpe_tokenizer(folder.put("vocab.json", vocab), folder.put("merges.txt", merges),
                            options);
}

TEST(LoadBpe, ReadsGpt2sPairOfFiles) {
  const ScratchFolder folder;
  for (const char* merges : {kMerges, "a b\nab b", "#version: 0.2\r\na b\r\nab b\r\n\r\n"}) {
    const auto tokenizer = load(folder, kVocab, merges, {.before = {"</s>"}});
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    EXPECT_THAT(tokenizer->encode("abbab"), ElementsAre(4, 3, 2));
    EXPECT_THAT(tokenizer->encode("xab"), ElementsAre(4, 2));  // no token, no unknown one: dropped
  }
}

TEST(LoadTokenizer, ReadsFolders) {
  const ScratchFolder folder;
  EXPECT_EQ(load_tokenizer(folder.path()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(load_tokenizer(folder.path("no.json")).status().code(), absl::StatusCode::kNotFound);
  folder.put("vocab.json", kVocab);
  folder.put("merges.txt", kMerges);
  EXPECT_THAT(load_tokenizer(folder.path())->encode("ab</s>").size(), 1);
  folder.put("tokenizer_config.json",
             R"({"add_bos_token":true,"bos_token":{"content":"</s>"},"eos_token":"</s>"})");
  EXPECT_THAT(load_tokenizer(folder.path())->encode("ab</s>"), ElementsAre(4, 2, 4));
  folder.put("tokenizer_config.json", R"({"add_bos_token":true,"bos_token":"<s>"})");
  EXPECT_THAT(message(load_tokenizer(folder.path()).status()),
              HasSubstr("vocab.json: expected the token '<s>', which is to be put before texts"));
}

TEST(LoadBpe, NamesFileAndLine) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& vocab, const std::string& merges,
                          const std::string& what) {
    const absl::Status status = load(folder, vocab, merges).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << what;
    EXPECT_THAT(message(status), HasSubstr(folder.path() + "/" + what));
  };
  expect(kVocab, "a b\na b\n", "merges.txt:2: expected each merge once, got that of 'a' and 'b'");
  expect(kVocab, "a b\nb a\n",
         "merges.txt:2: merge of 'b' and 'a': expected tokens of the vocabulary, 'ba' is none");
  expect(kVocab, "ab\n", "merges.txt:1: expected two tokens with a space between them, got 'ab'");
  expect(kVocab, "a b c\n", "merges.txt:1: expected two tokens");
  expect(kVocab, "a \xff\n", "merges.txt:1: expected UTF-8 at byte 3 of the line");
  expect(R"({"a":0,"a":1})", "", "vocab.json: expected each key once, got 'a' twice");
  expect(R"({"a":0,"b":0})", "", "vocab.json: expected ids that differ, got 0 for 'a' and 'b'");
  expect(R"({"a":-1})", "", "vocab.json: 'a': expected an id from 0 to 1001, got -1");
  expect(R"({"a":4000000000})", "", "vocab.json: 'a': expected an id from 0 to 1001");
  expect(R"({"a":1e99})", "", "vocab.json: 'a': expected an integer as id");
  expect(R"({"":0})", "", "vocab.json: expected tokens that are not empty");
  expect(R"({"a":NaN})", "", "vocab.json: expected JSON, got something else near byte 6");
  expect("{\"\xff\":1}", "", "vocab.json: expected JSON, got something else near byte");
  expect("[1]", "", "vocab.json: expected a JSON object");
  expect("{}", "", "vocab.json: expected an object of tokens and ids as vocabulary");
  expect("", "", "vocab.json: expected JSON");
}

TEST(LoadBpe, EveryTruncationIsAnErrorOrShorter) {
  const ScratchFolder folder;
  const std::string vocab = kVocab;
  for (std::size_t size = 0; size < vocab.size(); ++size) {
    EXPECT_FALSE(load(folder, vocab.substr(0, size), kMerges).ok()) << size;
  }
  const std::string merges = kMerges;
  for (std::size_t size = 0; size < merges.size(); ++size) {
    const auto status = load(folder, kVocab, merges.substr(0, size)).status();
    if (!status.ok()) {
      EXPECT_THAT(message(status), HasSubstr("merges.txt:")) << size;
    }
  }
}

std::string tree(const std::string& model, const std::string& rest) {
  return R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2},)" + model + "}" + rest + "}";
}

const std::string kByteLevel =
    R"(,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true})";

TEST(LoadTokenizerJson, NamesTheKey) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& json, const std::string& what) {
    const absl::Status status = load_tokenizer(folder.put("tokenizer.json", json)).status();
    EXPECT_THAT(message(status), HasSubstr(folder.path("tokenizer.json") + ": " + what)) << json;
  };
  ASSERT_TRUE(
      load_tokenizer(folder.put("tokenizer.json", tree(R"("merges":["a b"])", kByteLevel))).ok());
  expect("{}", "model: expected an object");
  expect(tree(R"("merges":["a b","a b"])", kByteLevel),
         "model.merges[1]: expected each merge once");
  expect(tree(R"("merges":["a b",["a",1]])", kByteLevel), "model.merges[1]: expected two tokens");
  expect(tree(R"("merges":{})", kByteLevel), "model.merges: expected an array");
  expect(tree(R"("merges":[["b","a"]])", kByteLevel), "model.merges[0]: merge of 'b' and 'a'");
  expect(tree(R"("merges":[],"unk_token":"?")", kByteLevel), "model.unk_token: expected a token");
  expect(tree(R"("merges":[],"byte_fallback":1)", kByteLevel),
         "model.byte_fallback: expected true");
  expect(tree(R"("merges":[],"end_of_word_suffix":"</w>")", kByteLevel),
         "model.end_of_word_suffix: got '</w>', which Tenon does not have");
  expect(R"({"model":{"type":"Unigram"}})", "model.type: got 'Unigram', which Tenon does not have");
  expect(R"({"model":{"type":3}})", "model.type: expected a string");
  const std::string none = R"("merges":[])";
  expect(tree(none, ""), "pre_tokenizer: expected ByteLevel or Metaspace");
  expect(tree(none, R"(,"normalizer":{"type":"Lowercase"})" + kByteLevel),
         "normalizer: got the normalizer 'Lowercase'");
  expect(tree(none, R"(,"pre_tokenizer":{"type":"Split","pattern":{"Regex":"x"}})"),
         "pre_tokenizer.pattern: got the expression 'x'");
  expect(tree(none, R"(,"added_tokens":[{"id":9999,"content":"<s>"}])" + kByteLevel),
         "added_tokens[0]: '<s>': expected an id from 0 to");
  expect(tree(none, R"(,"added_tokens":[{"id":5,"content":"a"}])" + kByteLevel),
         "added_tokens[0]: 'a': expected one id, got 0 and 5");
  expect(tree(none, R"(,"added_tokens":[{"id":5,"content":""}])" + kByteLevel),
         "added_tokens[0]: expected tokens that are not empty");
  expect(tree(none, R"(,"post_processor":{"type":"RobertaProcessing","cls":["a",7]})" + kByteLevel),
         "post_processor.cls[1]: expected the id of a token");
}

TEST(LoadTokenizerJson, StopsAtDepth) {
  const ScratchFolder folder;
  for (const char* bracket : {"[", "{\"a\":"}) {
    std::string deep = "{\"x\":";
    for (int i = 0; i < 10'000; ++i) deep += bracket;
    const auto status = load_tokenizer(folder.put("tokenizer.json", deep)).status();
    EXPECT_THAT(message(status), HasSubstr("expected JSON at most 64 levels deep"));
  }
  std::string sequences = R"({"model":{"vocab":{"a":0}},"decoder":)";
  for (int i = 0; i < 30; ++i) sequences += R"({"type":"Sequence","decoders":[)";
  for (int i = 0; i < 30; ++i) sequences += "]}";
  EXPECT_FALSE(load_tokenizer(folder.put("tokenizer.json", sequences + "}")).ok());
}

TEST(LoadTokenizerJson, NoTruncationOrChangeCrashes) {
  const std::string whole = slurp("data/tokenizer/testdata/small_llama.json");
  for (std::size_t size = 0; size < 2000; ++size) {
    EXPECT_FALSE(text::parse_tokenizer_json(whole.substr(0, size)).ok()) << size;
    std::string changed = whole.substr(0, 2000) + whole.substr(whole.size() - 500);
    changed[size] = static_cast<char>(changed[size] ^ 0x10);
    text::parse_tokenizer_json(changed).status().IgnoreError();
  }
}

std::string llama2c_file(int tokens) {
  const auto number = [](auto value) {
    return std::string(reinterpret_cast<const char*>(&value), sizeof(value));
  };
  std::string file = number(std::int32_t{8});
  for (int id = 0; id < tokens; ++id) {
    std::string piece = std::to_string(id);
    if (id >= 3 && id < 259) {
      char text[8];
      std::snprintf(text, sizeof(text), "<0x%02X>", id - 3);
      piece = text;
    }
    file +=
        number(-static_cast<float>(id)) + number(static_cast<std::int32_t>(piece.size())) + piece;
  }
  return file;
}

TEST(LoadLlama2c, EveryTruncationIsAnErrorOrShorter) {
  const ScratchFolder folder;
  const std::string file = llama2c_file(262);
  ASSERT_EQ(load_llama2c_tokenizer(folder.put("t.bin", file))->size(), 262);
  const std::size_t least = llama2c_file(259).size();
  for (std::size_t size = 0; size < file.size(); ++size) {
    if (size == 100) size = least - 60;  // between them all is bytes like these
    const auto tokenizer = load_llama2c_tokenizer(folder.put("t.bin", file.substr(0, size)));
    if (tokenizer.ok()) {
      EXPECT_GE(size, least);
    } else {
      EXPECT_THAT(message(tokenizer.status()), HasSubstr("t.bin: expected ")) << size;
    }
  }
  std::string huge = file;
  huge.replace(8, 4, "\xff\xff\xff\x7f");
  EXPECT_THAT(message(load_llama2c_tokenizer(folder.put("t.bin", huge)).status()),
              HasSubstr("expected a length from 1 to 8, got 2147483647 at byte 8"));
}

}  // namespace
}  // namespace tenon::data
