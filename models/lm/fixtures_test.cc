// Each family against Transformers, on models of two layers with random weights
// (testdata/make_lm.py).

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "models/lm/causal_lm.h"
#include "models/lm/folder.h"
#include "models/lm/generate.h"
#include "models/lm/loss.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace tenon::models {
namespace {

std::string folder_of(const std::string& name) { return "models/lm/testdata/" + name; }

/// Largest difference over the largest magnitude.
double relative_error(const Tensor& got, const Tensor& expected) {
  EXPECT_EQ(to_string(got.shape()), to_string(expected.shape()));
  const double scale = max(abs(expected)).item<double>();
  return max(abs(got.to(DType::kF32) - expected)).item<double>() / std::max(scale, 1e-12);
}

class LmFixtureTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    auto model = load_causal_lm(folder_of(GetParam()));
    ASSERT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
    auto file = read_safetensors(folder_of(GetParam()) + "/expected.safetensors");
    ASSERT_TRUE(file.ok()) << file.status();
    expected_ = *std::move(file);
  }

  Tensor expected(const std::string& name) const {
    const Tensor* tensor = expected_.find(name);
    EXPECT_NE(tensor, nullptr) << name;
    return *tensor;
  }

  void expect_gradients() const {
    int count = 0;
    for (const auto& [name, parameter] : model_->named_parameters()) {
      ASSERT_TRUE(parameter.grad().defined()) << name;
      const Tensor& gradient = expected("grad." + name);
      const double error = relative_error(parameter.grad().value(), gradient);
      // The key's bias adds the same to all scores of a query: its gradient is 0 but for rounding.
      if (max(abs(gradient)).item<double>() > 1e-6) {
        EXPECT_LT(error, 1e-4) << name;
      }
      ++count;
    }
    EXPECT_GT(count, 10);
  }

  std::unique_ptr<CausalLm> model_;
  SafetensorsFile expected_;
};

TEST_P(LmFixtureTest, Logits) {
  const autograd::NoGrad guard;
  const Tensor logits = model_->logits(expected("tokens")).value();
  EXPECT_LT(relative_error(logits, expected("logits")), 1e-5);
}

TEST_P(LmFixtureTest, LossAndAllGradients) {
  for (const bool checkpointing : {false, true}) {
    model_->zero_grad();
    model_->set_checkpointing(checkpointing);
    const Variable loss = causal_lm_loss(*model_, expected("tokens"));
    EXPECT_LT(relative_error(loss.value().reshape({1}), expected("loss")), 1e-5);
    loss.backward();
    expect_gradients();
  }
}

TEST_P(LmFixtureTest, ACacheChangesNothing) {
  const autograd::NoGrad guard;
  const Tensor tokens = expected("tokens");
  KvCache cache(model_->config(), 12, 2);
  std::vector<Tensor> parts;
  for (const auto& [begin, end] : {std::pair{0, 4}, {4, 5}, {5, 11}}) {
    parts.push_back(model_->logits(tokens.slice(1, begin, end), {.cache = &cache}).value());
  }
  EXPECT_EQ(cache.length(), 11);
  EXPECT_LT(relative_error(cat(parts, 1), expected("logits")), 1e-5);
}

TEST_P(LmFixtureTest, PaddingIsNotSeen) {
  const autograd::NoGrad guard;
  const Tensor tokens = expected("tokens").slice(0, 1);
  const Tensor mask = ge(arange(0, 11), 3.0).unsqueeze(0);
  const Tensor logits = model_->logits(tokens, {.mask = mask}).value();
  EXPECT_LT(relative_error(logits.slice(1, 3), expected("padded_logits")), 1e-5);
}

TEST_P(LmFixtureTest, GreedyTokens) {
  std::vector<std::int32_t> prompt;
  for (const std::int64_t id :
       expected("tokens").slice(0, 0, 1).contiguous().to_vector<std::int64_t>()) {
    prompt.push_back(static_cast<std::int32_t>(id));
  }
  const auto ids = generate(*model_, prompt, {.max_new_tokens = 10});
  const auto reference = expected("greedy").to_vector<std::int64_t>();
  EXPECT_EQ(std::vector<std::int64_t>(ids.begin(), ids.end()), reference);
}

TEST_P(LmFixtureTest, SavedAndLoadedItIsTheSame) {
  const ScratchFolder folder;
  const std::string path = folder.path("model");
  ASSERT_TRUE(save_causal_lm(path, *model_).ok());
  const auto again = load_causal_lm(path);
  ASSERT_TRUE(again.ok()) << again.status();
  const autograd::NoGrad guard;
  const Tensor tokens = expected("tokens");
  EXPECT_EQ((*again)->logits(tokens).value().to_vector<float>(),
            model_->logits(tokens).value().to_vector<float>());
}

TEST_P(LmFixtureTest, SixteenBitWeights) {
  const auto half = load_causal_lm(folder_of(GetParam()), {.dtype = DType::kBF16});
  ASSERT_TRUE(half.ok()) << half.status();
  const ScratchFolder folder;
  ASSERT_TRUE(save_causal_lm(folder.path("half"), **half).ok());
  const auto again = load_causal_lm(folder.path("half"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ((*again)->parameters()[0].dtype(), DType::kBF16);
  const autograd::NoGrad guard;
  const Tensor logits = (*again)->logits(expected("tokens")).value();
  EXPECT_EQ(logits.dtype(), DType::kBF16);
  EXPECT_LT(relative_error(logits, expected("logits")), 0.15);
}

INSTANTIATE_TEST_SUITE_P(Families, LmFixtureTest,
                         testing::Values("opt", "opt_350m", "galactica", "gpt_neo", "gpt2", "llama",
                                         "llama3", "qwen2"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace tenon::models
