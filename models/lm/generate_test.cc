#include "models/lm/generate.h"

#include <map>
#include <vector>

#include "gtest/gtest.h"
#include "tensor/random.h"

namespace tenon::models {
namespace {

using Ids = std::vector<std::int32_t>;

std::unique_ptr<CausalLm> tiny() {
  manual_seed(6);
  auto model = make_causal_lm({.family = Family::kLlama,
                               .vocab_size = 13,
                               .hidden_size = 8,
                               .layers = 2,
                               .heads = 2,
                               .feed_forward = 16,
                               .positions = 20,
                               .activation = LmActivation::kSilu,
                               .init_deviation = 0.7});
  return model;
}

/// How often each token is chosen of 20,000 times.
std::map<std::int32_t, double> frequencies(const std::vector<float>& scores, const Ids& text,
                                           const GenerateOptions& options) {
  Generator generator(7);
  std::map<std::int32_t, double> counts;
  for (int i = 0; i < 20000; ++i) {
    counts[choose_token(scores, text, options, generator)] += 1 / 20000.0;
  }
  return counts;
}

// exp of these is 8, 4, 2, 1, 1 (of 16).
const std::vector<float> kScores = {0.693147f, 2.079442f, 0, 1.386294f, 0};

TEST(ChooseTokenTest, GreedyTakesTheFirstOfTheBest) {
  Generator generator(1);
  EXPECT_EQ(choose_token(kScores, {}, {}, generator), 1);
  EXPECT_EQ(choose_token(std::vector<float>{1, 3, 3}, {}, {}, generator), 1);
}

TEST(ChooseTokenTest, ProbabilitiesAreThoseOfTheScores) {
  auto f = frequencies(kScores, {}, {.temperature = 1});
  EXPECT_NEAR(f[1], 8 / 16.0, 0.015);
  EXPECT_NEAR(f[3], 4 / 16.0, 0.015);
  EXPECT_NEAR(f[4], 1 / 16.0, 0.01);
  f = frequencies(kScores, {}, {.temperature = 0.5});
  EXPECT_NEAR(f[1], 64 / 86.0, 0.015);
}

TEST(ChooseTokenTest, TopKAndTopP) {
  auto f = frequencies(kScores, {}, {.temperature = 1, .top_k = 2});
  EXPECT_EQ(f.size(), 2u);
  EXPECT_NEAR(f[1], 8 / 12.0, 0.015);
  f = frequencies(kScores, {}, {.temperature = 1, .top_p = 0.75});
  EXPECT_EQ(f.size(), 2u);
  f = frequencies(kScores, {}, {.temperature = 1, .top_p = 0.76});
  EXPECT_EQ(f.size(), 3u);
  EXPECT_EQ(frequencies(kScores, {}, {.temperature = 1, .top_p = 1e-6}).size(), 1u);
  EXPECT_EQ(frequencies(kScores, {}, {.temperature = 1, .top_k = 99}).size(), 5u);
}

TEST(ChooseTokenTest, RepetitionPenalty) {
  Generator generator(1);
  EXPECT_EQ(choose_token(kScores, Ids{1, 1}, {.repetition_penalty = 2}, generator), 3);
  const std::vector<float> negative = {-1, -1.5f};
  EXPECT_EQ(choose_token(negative, Ids{0}, {.repetition_penalty = 2}, generator), 1);
}

TEST(GenerateTest, FollowsFromTheFullForwardPass) {
  const auto model = tiny();
  model->eval();
  Ids text = {3, 1, 4};
  const Ids ids = generate(*model, text, {.max_new_tokens = 8});
  ASSERT_EQ(ids.size(), 8u);
  const autograd::NoGrad guard;
  for (const std::int32_t id : ids) {
    const std::vector<std::int64_t> wide(text.begin(), text.end());
    const Tensor logits =
        model->logits(from_vector(wide, Shape{1, static_cast<std::int64_t>(wide.size())})).value();
    const Tensor last = logits.select(0, 0).select(0, logits.size(1) - 1);
    Generator unused(0);
    EXPECT_EQ(choose_token(last.contiguous().to_vector<float>(), {}, {}, unused), id);
    text.push_back(id);
  }
}

TEST(GenerateTest, Ends) {
  const auto model = tiny();
  const Ids prompt = {3, 1, 4};
  const Ids all = generate(*model, prompt, {.max_new_tokens = 1000});
  EXPECT_EQ(all.size(), 18u);  // 20 positions, and a last token that needs none
  EXPECT_TRUE(model->training());
  EXPECT_TRUE(generate(*model, prompt, {.max_new_tokens = 0}).empty());
  const Ids stop = {all[3], all[4]};
  const Ids stopped = generate(*model, prompt, {.max_new_tokens = 18, .stop = {stop}});
  EXPECT_LE(stopped.size(), 5u);
  EXPECT_TRUE(std::equal(stop.rbegin(), stop.rend(), stopped.rbegin()));
  int calls = 0;
  generate(*model, prompt, {.on_token = [&](std::int32_t) { return ++calls < 3; }});
  EXPECT_EQ(calls, 3);
}

TEST(GenerateTest, TheSameSeedTheSameText) {
  const auto model = tiny();
  const auto text = [&](std::uint64_t seed) {
    Generator generator(seed);
    return generate(*model, Ids{1},
                    {.max_new_tokens = 15, .temperature = 1, .generator = &generator});
  };
  EXPECT_EQ(text(1), text(1));
  EXPECT_NE(text(1), text(2));
}

TEST(GenerateTest, BadArguments) {
  const auto model = tiny();
  EXPECT_THROW(generate(*model, Ids{}), ValueError);
  EXPECT_THROW(generate(*model, Ids(21, 1)), ValueError);
  EXPECT_THROW(generate(*model, Ids{13}), IndexError);
  EXPECT_THROW(generate(*model, Ids{1}, {.temperature = -1}), ValueError);
  EXPECT_THROW(generate(*model, Ids{1}, {.top_p = 0}), ValueError);
  EXPECT_THROW(generate(*model, Ids{1}, {.repetition_penalty = 0}), ValueError);
}

TEST(KvCacheTest, BadUse) {
  const auto model = tiny();
  const Tensor tokens = zeros({1, 4}, {.dtype = DType::kI64});
  KvCache small(model->config(), 3);
  EXPECT_THROW(model->hidden(tokens, {.cache = &small}), AutogradError);
  const autograd::NoGrad guard;
  EXPECT_THROW(model->hidden(tokens, {.cache = &small}), ShapeError);
  EXPECT_THROW(KvCache(model->config(), 0), ValueError);
  KvCache cache(model->config(), 8);
  EXPECT_THROW(
      model->hidden(tokens, {.mask = ones({1, 4}, {.dtype = DType::kBool}), .cache = &cache}),
      ValueError);
}

}  // namespace
}  // namespace tenon::models
