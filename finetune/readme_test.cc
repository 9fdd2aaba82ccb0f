// The example of README.md.
#include "tensor/testing/readme.h"

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "finetune/adapter_folder.h"
#include "finetune/perplexity.h"
#include "finetune/quantize.h"
#include "finetune/train_lm.h"
#include "gtest/gtest.h"
#include "models/lm/folder.h"
#include "tensor/io/scratch_file.h"

namespace tenon::finetune {
namespace {

TEST(Readme, Qlora) {
  const std::string folder = "models/lm/testdata/opt";
  const ScratchFolder scratch;
  const std::string out = scratch.path("adapter");
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 300; ++i) ids.push_back(i % 7 + 3);

  auto model = models::load_causal_lm(folder, {.on_linear = quantizer()}).value();
  Lora lora(*model, {.targets = {{"q_proj", "v_proj"}}, .rank = 8, .alpha = 16});
  const double before = perplexity(*model, ids).value;
  auto trained = train_lm(*model, models::pack_blocks(ids, 16), {.steps = 20, .lr = 1e-3});
  std::puts(to_string(perplexity(*model, ids)).c_str());
  absl::Status saved = save_adapter(out, lora);

  EXPECT_TRUE(trained.ok()) << trained.status();
  EXPECT_TRUE(saved.ok()) << saved;
  EXPECT_LT(perplexity(*model, ids).value, before);
}

TEST(Readme, ShowsThisCode) {
  tenon::testing::expect_examples_shown("finetune/README.md", "finetune/readme_test.cc");
}

}  // namespace
}  // namespace tenon::finetune
