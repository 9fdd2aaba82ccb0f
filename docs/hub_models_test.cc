// The code of hub_models.md, on a small model in the form of the Hub's.
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>

#include "autograd/autocast.h"
#include "data/tokenizer/load.h"
#include "data/tokenizer/save.h"
#include "data/tokenizer/train.h"
#include "finetune/adapter_folder.h"
#include "finetune/perplexity.h"
#include "finetune/quantize.h"
#include "finetune/train_lm.h"
#include "gtest/gtest.h"
#include "models/lm/folder.h"
#include "models/lm/generate.h"
#include "models/lm/loss.h"
#include "tensor/io/scratch_file.h"
#include "tensor/random.h"
#include "tensor/testing/readme.h"

namespace tenon {
namespace {

std::string text_of(int sentences) {
  std::string text;
  for (int i = 0; i < sentences; ++i)
    text += "The first of all was number " + std::to_string(i % 7) + ".\n";
  return text;
}

void make_folder(const std::string& folder) {
  manual_seed(1);
  const data::Tokenizer tokenizer = data::train_bpe(text_of(20), {.vocab_size = 300});
  const auto model = models::make_causal_lm({.vocab_size = tokenizer.size(),
                                             .hidden_size = 64,
                                             .layers = 2,
                                             .heads = 4,
                                             .feed_forward = 128,
                                             .positions = 64});
  ASSERT_TRUE(models::save_causal_lm(folder, *model).ok());
  ASSERT_TRUE(data::save_tokenizer(folder + "/tokenizer.json", tokenizer).ok());
}

TEST(HubModels, FromTheFolderToTheAdapter) {
  const ScratchFolder scratch;
  const std::string folder = scratch.path("model");
  make_folder(folder);
  const std::string train_text = text_of(200), eval_text = text_of(20);
  const std::int64_t context = 32;

  const auto tokenizer = data::load_tokenizer(folder).value();
  auto model = models::load_causal_lm(folder).value();
  const auto prompt = tokenizer.encode("The first");
  models::GenerateOptions options{.max_new_tokens = 40, .temperature = 0.8, .top_p = 0.95};
  options.on_token = [&](std::int32_t id) {
    std::cout << tokenizer.bytes_of(id) << std::flush;
    return true;
  };
  models::generate(*model, prompt, options);
  const auto before =
      finetune::perplexity(*model, tokenizer.encode(eval_text), {.context = context});

  auto adapted =
      models::load_causal_lm(folder, {.dtype = DType::kF32, .on_linear = finetune::quantizer()})
          .value();
  finetune::tables_to_bf16(*adapted);
  finetune::Lora lora(*adapted,
                      {.targets = {{"all-linear"}}, .rank = 8, .alpha = 16, .dropout = 0.05});
  const Tensor blocks = models::pack_blocks(tokenizer.encode(train_text), context);
  auto trained = finetune::train_lm(
      *adapted, blocks, {.steps = 20, .lr = 2e-4, .autocast = DType::kBF16, .states_8bit = true});
  ASSERT_TRUE(trained.ok()) << trained.status();

  const autograd::Autocast scope(DType::kBF16);
  const auto after =
      finetune::perplexity(*adapted, tokenizer.encode(eval_text), {.context = context});
  std::puts(to_string(after).c_str());
  EXPECT_LT(after.value, before.value);

  const std::string here = std::filesystem::current_path();
  std::filesystem::current_path(scratch.path(""));
  absl::Status saved =
      finetune::save_adapter("mine", lora, {.base_model = "HuggingFaceTB/SmolLM2-135M"});
  std::filesystem::current_path(here);
  ASSERT_TRUE(saved.ok()) << saved;
  EXPECT_TRUE(std::filesystem::exists(scratch.path("mine/adapter_model.safetensors")));
}

TEST(HubModels, ShowsThisCode) {
  testing::expect_examples_shown("docs/hub_models.md", "docs/hub_models_test.cc");
}

}  // namespace
}  // namespace tenon
