#include "finetune/train_lm.h"

#include <cmath>
#include <limits>
#include <vector>

#include "finetune/lora.h"
#include "finetune/perplexity.h"
#include "finetune/quantize.h"
#include "finetune/testing.h"

namespace tenon::finetune {
namespace {

/// A text that repeats itself.
std::vector<std::int32_t> pattern(int length) {
  std::vector<std::int32_t> ids;
  for (int i = 0; i < length; ++i) ids.push_back((i * i + i / 7) % 13);
  return ids;
}

TEST(PerplexityTest, IsThatOfEveryTokenWithinItsWindow) {
  const auto model = small_model();
  const auto ids = pattern(31);
  // One token at a time, by the rule of the window.
  const std::int64_t context = 8, stride = 3;
  double sum = 0;
  for (std::int64_t t = 1; t < 31; ++t) {
    std::int64_t begin = 0;
    while (begin + context <= t) begin += stride;
    std::vector<std::int64_t> seen(ids.begin() + begin, ids.begin() + t);
    const Tensor logits = logits_of(*model, from_vector(seen).unsqueeze(0));
    const Tensor last = log_softmax(logits.select(0, 0).select(0, t - begin - 1), 0);
    sum -= last.item<double>({ids[static_cast<std::size_t>(t)]});
  }
  const Perplexity p = perplexity(*model, ids, {.context = context, .stride = stride});
  EXPECT_NEAR(p.loss, sum / 30, 1e-5);
  EXPECT_NEAR(p.value, std::exp(p.loss), 1e-9);
  EXPECT_EQ(p.tokens, 30);
  EXPECT_EQ(to_string(Perplexity{.value = 12.345, .tokens = 30, .context = 8, .stride = 3}),
            "perplexity 12.35 (context 8, stride 3, 30 tokens)");
}

TEST(PerplexityTest, ShortTextsAndBadArguments) {
  const auto model = small_model();
  EXPECT_EQ(perplexity(*model, pattern(2)).tokens, 1);
  EXPECT_EQ(perplexity(*model, pattern(24)).context, 24);
  EXPECT_THROW(perplexity(*model, pattern(1)), ValueError);
  EXPECT_THROW(perplexity(*model, {}), ValueError);
  EXPECT_THROW(perplexity(*model, pattern(9), {.context = 25}), ValueError);
  EXPECT_THROW(perplexity(*model, pattern(9), {.context = 1}), ValueError);
  EXPECT_THROW(perplexity(*model, pattern(9), {.context = 8, .stride = 8}), ValueError);
}

double trained_perplexity(bool quantized, std::optional<DType> autocast) {
  const auto model = small_model(0.1);
  const auto ids = pattern(600);
  const Tensor blocks = models::pack_blocks(ids, 20);
  if (quantized) quantize_linears(*model);
  std::optional<Lora> lora;
  if (quantized)
    lora.emplace(*model,
                 LoraOptions{.targets = {.include = {"all-linear"}}, .rank = 8, .alpha = 16});
  const auto result =
      train_lm(*model, blocks,
               {.steps = 40, .batch_size = 4, .lr = 1e-2, .warmup = 5, .autocast = autocast});
  EXPECT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->tokens, 40 * 4 * 20);
  EXPECT_FALSE(model->training());
  return perplexity(*model, ids).value;
}

TEST(TrainLmTest, LearnsInFullByLoraAndQlora) {
  const double before = perplexity(*small_model(), pattern(600)).value;
  EXPECT_LT(trained_perplexity(false, std::nullopt), before / 4);
  EXPECT_LT(trained_perplexity(false, DType::kBF16), before / 4);
  EXPECT_LT(trained_perplexity(true, std::nullopt), before / 2);
  EXPECT_LT(trained_perplexity(true, DType::kBF16), before / 2);
}

std::vector<double> losses(const TrainLmOptions& given) {
  TrainLmOptions options = given;
  std::vector<double> all;
  options.on_step = [&](const LmStep& step) {
    all.push_back(step.loss);
    return true;
  };
  EXPECT_TRUE(train_lm(*small_model(), models::pack_blocks(pattern(200), 20), options).ok());
  return all;
}

TEST(TrainLmTest, ARunRepeatsItself) {
  const TrainLmOptions options{.steps = 6, .batch_size = 2, .lr = 1e-2};
  EXPECT_EQ(losses(options), losses(options));
}

TEST(TrainLmTest, AccumulatedBatchesAndCheckpointingMakeTheSameSteps) {
  const auto whole = losses({.steps = 5, .batch_size = 4, .lr = 1e-2});
  const auto parts = losses({.steps = 5, .batch_size = 1, .accumulate = 4, .lr = 1e-2});
  const auto again = losses({.steps = 5, .batch_size = 4, .lr = 1e-2, .checkpointing = true});
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_NEAR(parts[i], whole[i], 1e-3);
    EXPECT_NEAR(again[i], whole[i], 1e-5);
  }
}

TEST(TrainLmTest, StatesIn8BitsMakeNearlyTheSameStepsInLessMemory) {
  const auto wide = losses({.steps = 30, .batch_size = 4, .lr = 1e-2});
  const auto narrow = losses({.steps = 30, .batch_size = 4, .lr = 1e-2, .states_8bit = true});
  EXPECT_EQ(narrow[0], wide[0]);  // before the first step
  EXPECT_NE(narrow[29], wide[29]);
  EXPECT_NEAR(narrow[29], wide[29], 0.1 * wide[0]);
  EXPECT_LT(narrow[29], wide[0] / 2);
}

TEST(TrainLmTest, RatesAndTheEnd) {
  std::vector<double> rates;
  const auto result = train_lm(
      *small_model(), models::pack_blocks(pattern(60), 20),
      {.steps = 6, .batch_size = 1, .lr = 1, .warmup = 2, .on_step = [&](const LmStep& step) {
         rates.push_back(step.lr);
         return step.step < 5;
       }});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(rates, (std::vector<double>{0.5, 1, 1, 0.75, 0.5}));
  EXPECT_EQ(result->steps, 5);
}

TEST(TrainLmTest, BadArgumentsAndALossThatIsNotFinite) {
  const Tensor blocks = models::pack_blocks(pattern(60), 20);
  const auto model = small_model();
  EXPECT_THROW((void)train_lm(*model, Tensor()), ValueError);
  EXPECT_THROW((void)train_lm(*model, blocks, {.steps = 0}), ValueError);
  for (const auto& parameter : model->parameters()) parameter.set_requires_grad(false);
  EXPECT_THROW((void)train_lm(*model, blocks), ValueError);
  for (const auto& parameter : model->parameters()) parameter.set_requires_grad(true);
  model->parameters()[0].value().fill_(std::numeric_limits<double>::infinity());
  const auto result = train_lm(*model, blocks, {.steps = 2});
  EXPECT_EQ(result.status().code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace tenon::finetune
