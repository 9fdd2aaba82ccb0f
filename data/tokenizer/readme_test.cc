// The example of data/tokenizer/README.md: compiled and run here, and compared with the page.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "data/readme_example.h"
#include "data/tokenizer/load.h"
#include "data/tokenizer/padding.h"
#include "data/tokenizer/save.h"
#include "data/tokenizer/train.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace {

// example begins
using namespace tenon;

absl::Status chat(const std::string& folder) {
  absl::StatusOr<data::Tokenizer> tokenizer = data::load_tokenizer(folder);
  if (!tokenizer.ok()) return tokenizer.status();  // ".../tokenizer.json: model.merges[7]: …"

  std::vector<std::int32_t> ids = tokenizer->encode("Hello world<|endoftext|>");
  std::string text = tokenizer->decode(ids, {.skip_special = true});  // "Hello world"

  data::PaddedTokens batch = data::pad_tokens({ids, tokenizer->encode("Hi")}, {.left = true});
  if (!all_finite(batch.ids) || text != "Hello world") return absl::InternalError(text);

  data::Tokenizer own = data::train_bpe("the cat sat on the mat", {.vocab_size = 300});
  return data::save_tokenizer(folder + "/own.json", own);  // Hugging Face's libraries read it
}
// example ends

TEST(Readme, ItsExampleRuns) {
  const ScratchFolder folder;
  folder.put("tokenizer.json", slurp("data/tokenizer/testdata/small_gpt2.json"));
  EXPECT_TRUE(chat(folder.path()).ok());
  EXPECT_TRUE(data::load_tokenizer(folder.path("own.json")).ok());
  EXPECT_EQ(chat("no folder").code(), absl::StatusCode::kNotFound);
}

TEST(Readme, ShowsThisExample) {
  data::expect_example_shown("data/tokenizer/README.md", "data/tokenizer/readme_test.cc");
}

}  // namespace
