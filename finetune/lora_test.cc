#include "finetune/lora.h"

#include <cmath>
#include <limits>

#include "finetune/quantize.h"
#include "finetune/testing.h"
#include "layers/embedding.h"
#include "models/lm/loss.h"

namespace tenon::finetune {
namespace {

using testing::Test;

/// Moves every trained number by something.
void disturb(const Lora& lora, std::uint64_t seed = 3) {
  Generator generator(seed);
  for (const Variable& parameter : lora.trainable()) {
    const Tensor change = randn(parameter.shape(), generator) * 0.1;
    parameter.value().copy_(parameter.value() + change);
  }
}

LoraOptions attention(std::int64_t rank = 4) {
  return {.targets = {.include = {"q_proj", "v_proj"}}, .rank = rank, .alpha = 8};
}

TEST(LoraTest, AtFirstNothingChanges) {
  const Tensor tokens = some_tokens();
  for (const bool quantized : {false, true}) {
    const auto model = small_model();
    if (quantized) quantize_linears(*model);
    const Tensor plain = logits_of(*model, tokens);
    const Lora lora(*model, attention());
    EXPECT_TRUE(same_bits(logits_of(*model, tokens), plain)) << quantized;
  }
}

TEST(LoraTest, DoraAndPissaBeginAsTheModelToo) {
  const Tensor tokens = some_tokens();
  for (const LoraInit init : {LoraInit::kZero, LoraInit::kPissa}) {
    const auto model = small_model();
    const Tensor plain = logits_of(*model, tokens);
    LoraOptions options = attention();
    options.init = init;
    options.dora = init == LoraInit::kZero;
    const Lora lora(*model, options);
    EXPECT_LT(relative_error(logits_of(*model, tokens), plain), 1e-5);
  }
}

TEST(LoraTest, OnlyAdaptersReceiveGradients) {
  const auto model = small_model();
  const Lora lora(*model, attention());
  models::causal_lm_loss(*model, some_tokens()).backward();
  for (const auto& [name, parameter] : model->named_parameters()) {
    EXPECT_EQ(parameter.grad().defined(), name.find("lora_") != std::string::npos) << name;
  }
  // Two layers, two projections each, A [4,64] and B [64,4].
  EXPECT_EQ(lora.report().trainable, 2 * 2 * 2 * 4 * 64);
  EXPECT_EQ(to_string(TrainableReport{.trainable = 1, .all = 400}), "trainable 1 of 400 (0.25 %)");
}

TEST(LoraTest, QuantizedWeightsCountInTheReport) {
  const auto model = small_model();
  const std::int64_t all = model->num_parameters();
  quantize_linears(*model);
  EXPECT_LT(model->num_parameters(), all);
  EXPECT_EQ(trainable_report(*model).all, all);
}

TEST(LoraTest, ScaleIsAlphaOverRankOrItsRoot) {
  LoraOptions options = attention(16);
  EXPECT_EQ(scaling_of(options, "model.layers.0.q_proj"), 0.5);
  options.rs = true;
  EXPECT_EQ(scaling_of(options, "q_proj"), 2);
  options.ranks = {{"layers.1.q_proj", 4}};
  options.alphas = {{"*.layers.1.*", 3}};
  EXPECT_EQ(rank_of(options, "model.layers.1.q_proj"), 4);
  EXPECT_EQ(scaling_of(options, "model.layers.1.q_proj"), 1.5);
  EXPECT_EQ(scaling_of(options, "model.layers.10.q_proj"), 2);
}

TEST(LoraTest, SeveralAdapters) {
  const auto model = small_model();
  const Tensor tokens = some_tokens();
  const Tensor plain = logits_of(*model, tokens);
  Lora lora(*model, attention(), "one");
  disturb(lora, 1);
  const Tensor one = logits_of(*model, tokens);
  lora.add("two", {.targets = {.include = {"fc1"}}, .rank = 2, .alpha = 2});
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), plain));
  disturb(lora, 2);
  const Tensor two = logits_of(*model, tokens);
  lora.set_active({"one"});
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), one));
  lora.set_active({"two"});
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), two));
  lora.set_active({"one", "two"});
  EXPECT_GT(relative_error(logits_of(*model, tokens), one), 1e-3);
  EXPECT_EQ(lora.trainable().size(), 2u * 2 * 2 + 2 * 2);
  lora.set_scale("one", 0);
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), two));
  lora.set_enabled(false);
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), plain));
  EXPECT_EQ(lora.adapters(), (std::vector<std::string>{"one", "two"}));
}

TEST(LoraTest, DropoutOfWhatTheUpdateReads) {
  const auto model = small_model();
  LoraOptions options = attention();
  options.dropout = 0.5;
  const Lora lora(*model, options);
  disturb(lora);
  const Tensor tokens = some_tokens();
  const Tensor still = logits_of(*model, tokens);
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), still));
  model->train();
  EXPECT_GT(relative_error(logits_of(*model, tokens), still), 1e-4);
}

TEST(LoraTest, MergedIntoNf4ItIsBf16UnlessAsked) {
  const auto model = small_model();
  quantize_linears(*model);
  const Tensor tokens = some_tokens();
  Lora lora(*model, attention());
  disturb(lora);
  const Tensor before = logits_of(*model, tokens);
  const MergeReport plain = lora.merge();
  EXPECT_EQ(plain.layers, 4);
  EXPECT_EQ(plain.requantized, 0);
  EXPECT_LT(relative_error(logits_of(*model, tokens), before), 0.02);
  EXPECT_TRUE(lora.merged());
  EXPECT_THROW(lora.merge(), ValueError);
  EXPECT_THROW(lora.set_active({}), ValueError);
  lora.unmerge();
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), before));

  const MergeReport again = lora.merge({.requantize = true});
  EXPECT_EQ(again.requantized, 4);
  EXPECT_GT(again.error.mean, 1e-3);
  EXPECT_LT(again.error.mean, 0.05);
  EXPECT_GE(again.error.largest, again.error.mean);
  lora.unmerge();
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), before));
}

TEST(LoraTest, MergingRefusesWhatIsNotFinite) {
  const auto model = small_model();
  const Tensor tokens = some_tokens();
  const Tensor plain = logits_of(*model, tokens);
  Lora lora(*model, attention());
  lora.trainable().back().value().fill_(std::numeric_limits<double>::quiet_NaN());
  EXPECT_THROW(lora.merge(), ValueError);
  lora.set_enabled(false);
  EXPECT_TRUE(same_bits(logits_of(*model, tokens), plain));
}

TEST(LoraTest, UnloadedTheModelIsAsItWas) {
  const Tensor tokens = some_tokens();
  for (const LoraInit init : {LoraInit::kZero, LoraInit::kPissa}) {
    const auto model = small_model();
    const Tensor plain = logits_of(*model, tokens);
    const auto names = model->named_parameters().size();
    LoraOptions options = attention();
    options.init = init;
    Lora lora(*model, options);
    disturb(lora);
    lora.unload();
    EXPECT_LT(relative_error(logits_of(*model, tokens), plain), 1e-5);
    EXPECT_EQ(model->named_parameters().size(), names);
    EXPECT_EQ(model->num_parameters(true), model->num_parameters());
    EXPECT_TRUE(lora.adapters().empty());
  }
}

TEST(LoraTest, MergedAndUnloadedItKeepsWhatItLearned) {
  const auto model = small_model();
  Lora lora(*model, attention());
  disturb(lora);
  const Tensor tokens = some_tokens();
  const Tensor learned = logits_of(*model, tokens);
  lora.merge();
  lora.unload();
  EXPECT_LT(relative_error(logits_of(*model, tokens), learned), 1e-5);
}

TEST(LoraTest, PissasStateIsForTheWeightsBeforeIt) {
  const Tensor tokens = some_tokens();
  const auto model = small_model();
  LoraOptions options = attention();
  options.init = LoraInit::kPissa;
  const Lora lora(*model, options);
  disturb(lora);
  const auto fresh = small_model();
  LoraOptions plain = attention(8);
  plain.alpha = 16;
  Lora other(*fresh, plain);
  other.load_state(lora.state());
  EXPECT_LT(relative_error(logits_of(*fresh, tokens), logits_of(*model, tokens)), 1e-5);
}

TEST(LoraTest, AnEmbeddingOfItsOwn) {
  struct Words : layers::Module {
    layers::Embedding table{this, "table", {.num_embeddings = 10, .embedding_dim = 4}};
    Variable forward(const Variable& ids) override { return table(ids); }
  };
  manual_seed(1);
  Words words;
  const Tensor ids = arange(0, 10);
  const Tensor plain = words(ids).value();
  Lora lora(words, {.targets = {.include = {"table"}}, .rank = 2, .alpha = 4});
  EXPECT_TRUE(same_bits(words(ids).value(), plain));
  disturb(lora);
  const Tensor changed = words(ids).value();
  EXPECT_GT(relative_error(changed, plain), 1e-3);
  lora.merge();
  EXPECT_LT(relative_error(words(ids).value(), changed), 1e-6);
  EXPECT_LT(relative_error(words.table.weight().value(), changed), 1e-6);
  lora.unmerge();
  EXPECT_LT(relative_error(words.table.weight().value(), plain), 1e-6);
  EXPECT_THROW(lora.add("dora", {.targets = {.include = {"table"}}, .dora = true}), ValueError);
}

TEST(LoraTest, BadOptions) {
  const auto model = small_model();
  const auto names = model->named_parameters().size();
  const auto make = [&](const LoraOptions& options) { Lora(*model, options); };
  EXPECT_THROW(make({.targets = {.include = {"c_attn"}}}), ValueError);
  EXPECT_THROW(make({.targets = {.include = {"q_proj", "c_attn"}}}), ValueError);
  EXPECT_THROW(make({}), ValueError);
  EXPECT_THROW(make({.targets = {.include = {"q_proj"}}, .rank = 0}), ValueError);
  EXPECT_THROW(make({.targets = {.include = {"q_proj"}}, .dropout = 1}), ValueError);
  EXPECT_THROW(make({.targets = {.include = {"q_proj"}}, .alpha = 0}), ValueError);
  EXPECT_THROW(make({.targets = {.include = {"q_proj"}}, .ranks = {{"q_proj", -1}}}), ValueError);
  EXPECT_THROW(make({.targets = {.include = {"q_proj"}, .exclude = {"q_proj"}}}), ValueError);
  EXPECT_EQ(model->named_parameters().size(), names);
  Lora lora(*model, attention());
  EXPECT_THROW(lora.add("default", attention()), ValueError);
  EXPECT_THROW(lora.add("a.b", attention()), ValueError);
  EXPECT_THROW(lora.set_active({"none"}), ValueError);
  EXPECT_THROW(lora.unmerge(), ValueError);
  EXPECT_THROW(lora.load_state({}), layers::StateDictError);
}

TEST(TargetsTest, Names) {
  EXPECT_TRUE(is_target("model.layers.0.q_proj", "q_proj"));
  EXPECT_TRUE(is_target("q_proj", "q_proj"));
  EXPECT_FALSE(is_target("model.aq_proj", "q_proj"));
  EXPECT_TRUE(is_target("model.layers.0.q_proj", "layers.0.q_proj"));
  EXPECT_TRUE(is_target("model.layers.0.q_proj", "*.layers.?.*"));
  EXPECT_FALSE(is_target("model.layers.0.q_proj", "layers.*"));
  const auto model = small_model();
  EXPECT_EQ(find_targets("test", *model, {.include = {"all-linear"}}).size(), 12u);
}

}  // namespace
}  // namespace tenon::finetune
