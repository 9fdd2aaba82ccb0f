#include "models/lm/loss.h"

#include <cmath>
#include <limits>
#include <vector>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::models {
namespace {

Tensor labels_of(std::initializer_list<std::int64_t> values) {
  return from_vector(std::vector<std::int64_t>(values));
}

double difference(const Tensor& a, const Tensor& b) {
  return max(abs(a.to(DType::kF32) - b.to(DType::kF32))).item<double>();
}

struct Case {
  Variable x;
  Variable weight;
  Tensor labels;
};

Case random_case(std::int64_t rows, std::int64_t width, std::int64_t vocabulary) {
  Generator generator(3);
  Case c{.x = Variable(randn({rows, width}, generator), true),
         .weight = Variable(randn({vocabulary, width}, generator), true),
         .labels = randint(0, vocabulary, {rows}, generator)};
  c.labels.data<std::int64_t>()[1] = kIgnoredLabel;
  c.labels.data<std::int64_t>()[rows - 1] = kIgnoredLabel;
  return c;
}

TEST(LinearCrossEntropyTest, IsTheLossOfAllLogitsWhateverTheChunk) {
  const Case c = random_case(70, 8, 33);
  const Variable plain = autograd::cross_entropy(autograd::linear(c.x, c.weight), c.labels);
  plain.backward();
  const Tensor dx = c.x.grad().value();
  const Tensor dw = c.weight.grad().value();
  for (const std::int64_t chunk : {1, 33 * 20, 1 << 20}) {
    c.x.zero_grad();
    c.weight.zero_grad();
    const Variable loss = linear_cross_entropy(c.x, c.weight, c.labels, {.chunk = chunk});
    EXPECT_NEAR(loss.item<double>(), plain.item<double>(), 1e-6);
    loss.backward();
    EXPECT_LT(difference(c.x.grad().value(), dx), 1e-7);
    EXPECT_LT(difference(c.weight.grad().value(), dw), 1e-6);
  }
}

TEST(LinearCrossEntropyTest, OnlyWantedGradientsAndTheirDerivatives) {
  const Case c = random_case(6, 3, 5);
  const auto fn = [&](std::span<const Variable> in) {
    return linear_cross_entropy(in[0], in[1], c.labels);
  };
  const std::vector<Tensor> inputs = {c.x.value(), c.weight.value()};
  std::vector<Variable> leaves;
  for (const Tensor& input : inputs) leaves.emplace_back(input, true);
  // Against the plain loss, whose derivatives are checked elsewhere.
  const auto twice = [&](const Variable& loss) {
    const auto first = autograd::grad({&loss, 1}, leaves, {}, {.create_graph = true});
    const Variable size =
        autograd::sum(autograd::square(first[0])) + autograd::sum(autograd::square(first[1]));
    return autograd::grad({&size, 1}, leaves);
  };
  const auto ours = twice(fn(leaves));
  const auto plain =
      twice(autograd::cross_entropy(autograd::linear(leaves[0], leaves[1]), c.labels));
  for (int i = 0; i < 2; ++i) EXPECT_LT(difference(ours[i].value(), plain[i].value()), 1e-6);

  const Variable frozen(c.weight.value());
  const Variable loss = linear_cross_entropy(c.x, frozen, c.labels);
  loss.backward();
  EXPECT_TRUE(c.x.grad().defined());
  EXPECT_FALSE(frozen.grad().defined());
}

TEST(LinearCrossEntropyTest, MemoryIsNotThatOfAllLogits) {
  Generator generator(4);
  const Variable x(randn({512, 4}, generator), true);
  const Variable weight(randn({8192, 4}, generator), true);
  const Tensor labels = randint(0, 8192, {512}, generator);
  const std::int64_t before = allocator().stats().live_bytes;
  allocator().reset_peak();
  linear_cross_entropy(x, weight, labels, {.chunk = 8192 * 16}).backward();
  // All logits in f32 are 16 MiB; a chunk is half of one, held a few times.
  EXPECT_LT(allocator().stats().peak_bytes - before, 4 << 20);
}

TEST(LinearCrossEntropyTest, UnderAutocast) {
  const Case c = random_case(40, 16, 30);
  const double plain = linear_cross_entropy(c.x, c.weight, c.labels).item<double>();
  Variable loss;
  {
    const autograd::Autocast scope;
    loss = linear_cross_entropy(c.x, c.weight, c.labels);
  }
  EXPECT_EQ(loss.dtype(), DType::kF32);
  EXPECT_NEAR(loss.item<double>(), plain, 0.02 * plain);
  loss.backward();
  EXPECT_EQ(c.x.grad().dtype(), DType::kF32);
  EXPECT_EQ(c.weight.grad().dtype(), DType::kF32);
}

TEST(LinearCrossEntropyTest, BadArguments) {
  const Variable x(ones({3, 2}));
  const Variable weight(ones({5, 2}));
  EXPECT_THROW(linear_cross_entropy(x, Variable(ones({5, 3})), labels_of({0, 1, 2})), ShapeError);
  EXPECT_THROW(linear_cross_entropy(x, weight, labels_of({0, 1})), ShapeError);
  EXPECT_THROW(linear_cross_entropy(x, weight, labels_of({0, 1, 5})), IndexError);
  EXPECT_TRUE(std::isnan(
      linear_cross_entropy(x, weight, full({3}, -100, {.dtype = DType::kI64})).item<double>()));
}

std::unique_ptr<CausalLm> tiny() {
  manual_seed(5);
  return make_causal_lm({.family = Family::kOpt,
                         .vocab_size = 11,
                         .hidden_size = 8,
                         .layers = 1,
                         .heads = 2,
                         .feed_forward = 16,
                         .positions = 12,
                         .init_deviation = 0.5});
}

double loss_of_text(CausalLm& model, std::initializer_list<std::int64_t> tokens) {
  return causal_lm_loss(model, labels_of(tokens).unsqueeze(0)).item<double>();
}

TEST(CausalLmLossTest, PaddingCountsForNothing) {
  const auto model = tiny();
  const PaddedBatch batch = pad_batch({{1, 2, 3, 4, 5}, {6, 7, 8}}, 0);
  EXPECT_EQ(batch.tokens.item<std::int64_t>({1, 3}), 0);
  const double loss = causal_lm_loss(*model, batch.tokens, {.mask = batch.mask}).item<double>();
  const double apart =
      (4 * loss_of_text(*model, {1, 2, 3, 4, 5}) + 2 * loss_of_text(*model, {6, 7, 8})) / 6;
  EXPECT_NEAR(loss, apart, 1e-6);
}

TEST(CausalLmLossTest, APromptThatDoesNotCount) {
  const auto model = tiny();
  const Tensor tokens = labels_of({1, 2, 3, 4}).unsqueeze(0);
  const Tensor labels = labels_of({-100, -100, 3, 4}).unsqueeze(0);
  const Variable logits = model->logits(tokens);
  const Variable expected = autograd::cross_entropy(
      autograd::reshape(autograd::slice(logits, 1, 1, 3), {2, 11}), labels_of({3, 4}));
  EXPECT_NEAR(causal_lm_loss(*model, tokens, {.labels = labels}).item<double>(),
              expected.item<double>(), 1e-6);
}

/// A dense weight that hides that it is one.
class OpaqueOperator : public layers::LinearOperator {
 public:
  explicit OpaqueOperator(Variable weight) : weight_(std::move(weight)) {}
  std::int64_t in_features() const override { return weight_.size(1); }
  std::int64_t out_features() const override { return weight_.size(0); }
  Variable apply(const Variable& x, const layers::LinearCall& call) override {
    return autograd::linear(x, weight_, call.bias, call.activation);
  }
  layers::NamedVariables parameters() const override { return {{"weight", weight_}}; }
  Tensor dense_weight() const override { return weight_.value(); }
  std::string describe() const override { return "opaque"; }

 private:
  Variable weight_;
};

TEST(CausalLmLossTest, AHeadOfAnotherKind) {
  const auto model = tiny();
  const Tensor tokens = labels_of({1, 2, 3, 4, 5, 6, 7}).unsqueeze(0);
  const auto run = [&] {
    model->zero_grad();
    const Variable loss = causal_lm_loss(*model, tokens, {.linear = {.chunk = 1}});
    loss.backward();
    return std::pair(loss.item<double>(), model->embedding().weight().grad().value());
  };
  const auto [loss, grad] = run();
  model->head().exchange_operator(std::make_unique<OpaqueOperator>(model->embedding().weight()));
  const auto [other_loss, other_grad] = run();
  EXPECT_NEAR(other_loss, loss, 1e-6);
  EXPECT_LT(difference(other_grad, grad), 1e-6);
}

TEST(CausalLmLossTest, BadArguments) {
  const auto model = tiny();
  EXPECT_THROW(loss_of_text(*model, {1}), ShapeError);
  EXPECT_THROW(loss_of_text(*model, {1, 11}), IndexError);
  EXPECT_THROW(loss_of_text(*model, {1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 2, 3, 4}), ShapeError);
  const Tensor tokens = labels_of({1, 2}).unsqueeze(0);
  EXPECT_THROW(causal_lm_loss(*model, tokens, {.labels = labels_of({1, 2})}), ShapeError);
  EXPECT_THROW(causal_lm_loss(*model, tokens, {.mask = ones({1, 3}, {.dtype = DType::kBool})}),
               ShapeError);
}

TEST(PackingTest, BlocksAndBatches) {
  const std::vector<std::int32_t> ids = {1, 2, 3, 4, 5, 6, 7};
  const Tensor blocks = pack_blocks(ids, 3);
  EXPECT_EQ(to_string(blocks.shape()), "[2,3]");
  EXPECT_EQ(blocks.to_vector<std::int64_t>(), (std::vector<std::int64_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_THROW(pack_blocks(ids, 8), ValueError);
  EXPECT_THROW(pack_blocks(ids, 0), ValueError);
  EXPECT_THROW(pad_batch({}, 0), ValueError);
  EXPECT_THROW(pad_batch({{1}, {}}, 0), ValueError);
}

}  // namespace
}  // namespace tenon::models
