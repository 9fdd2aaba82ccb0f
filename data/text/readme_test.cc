// The example of data/text/README.md: compiled and run here, and compared with the page.
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "data/data_loader.h"
#include "data/readme_example.h"
#include "data/text/text_file.h"
#include "data/text/token_blocks.h"
#include "data/tokenizer/train.h"
#include "tensor/io/scratch_file.h"

namespace {

// example begins
using namespace tenon;

absl::Status read_shakespeare(const std::string& path) {
  absl::StatusOr<std::string> text = data::load_text(path);  // plain or gzipped, checked UTF-8
  if (!text.ok()) return text.status();  // "input.txt: expected UTF-8 at byte 7"

  data::Tokenizer tokenizer = data::train_bpe(*text, {.vocab_size = 300});
  data::TokenBlocks blocks(tokenizer.encode(*text), {.length = 8});
  data::DataLoader loader(blocks, {.batch_size = 4, .shuffle = true, .seed = 1});
  for (const data::Batch& batch : loader) {
    // inputs and targets i64 [4,8]: the targets are the inputs' next tokens
    if (batch.targets.shape() != batch.inputs.shape()) return absl::InternalError(path);
  }
  return absl::OkStatus();
}
// example ends

TEST(Readme, ItsExampleRuns) {
  const ScratchFolder folder;
  std::string text;
  for (int i = 0; i < 40; ++i) text += "To be, or not to be, that is the question:\n";
  EXPECT_TRUE(read_shakespeare(folder.put("input.txt", text)).ok());
  EXPECT_EQ(read_shakespeare("no.txt").code(), absl::StatusCode::kNotFound);
}

TEST(Readme, ShowsThisExample) {
  data::expect_example_shown("data/text/README.md", "data/text/readme_test.cc");
}

}  // namespace
