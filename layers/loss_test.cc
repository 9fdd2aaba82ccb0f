#include "layers/loss.h"

#include <cstdint>
#include <vector>

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"

namespace tenon::layers {
namespace {

TEST(LossTest, BadLabels) {
  const Variable logits(ones({2, 3}));
  EXPECT_THROW(cross_entropy(logits, from_vector<std::int64_t>({0, 3})), IndexError);
  EXPECT_THROW(cross_entropy(logits, from_vector<std::int64_t>({0})), ShapeError);
  EXPECT_THROW(cross_entropy(logits, ones({2})), DTypeError);
}

TEST(LossTest, ShapesMustAgree) {
  const Variable x(ones({2, 3}));
  const Tensor other = ones({3});
  EXPECT_THROW(mse_loss(x, other), ShapeError);
  EXPECT_THROW(l1_loss(x, other), ShapeError);
  EXPECT_THROW(huber_loss(x, other), ShapeError);
  EXPECT_THROW(smooth_l1_loss(x, other), ShapeError);
  EXPECT_THROW(bce_loss(x, other), ShapeError);
  EXPECT_THROW(bce_with_logits_loss(x, other), ShapeError);
  EXPECT_THROW(bce_with_logits_loss(x, ones({2, 3}), {.weight = ones({4, 2, 3})}), ShapeError);
  EXPECT_THROW(bce_with_logits_loss(x, ones({2, 3}), {.pos_weight = ones({4, 2, 3})}), ShapeError);
  EXPECT_THROW(kl_div_loss(x, other), ShapeError);
  EXPECT_THROW(hinge_embedding_loss(x, other), ShapeError);
  EXPECT_THROW(margin_ranking_loss(x, x, other), ShapeError);
  EXPECT_THROW(margin_ranking_loss(x, Variable(other), ones({2, 3})), ShapeError);
  EXPECT_THROW(cosine_embedding_loss(x, x, other), ShapeError);
}

TEST(LossTest, BadOptionsAndLabels) {
  const Variable x(ones({2, 3}));
  const Tensor labels = from_vector<std::int64_t>({0, 3});
  EXPECT_THROW(huber_loss(x, ones({2, 3}), {.delta = 0}), ValueError);
  EXPECT_THROW(smooth_l1_loss(x, ones({2, 3}), {.beta = -1}), ValueError);
  EXPECT_THROW(bce_loss(x * 2.0, ones({2, 3})), ValueError);
  EXPECT_THROW(nll_loss(x, labels), IndexError);
  EXPECT_THROW(multi_margin_loss(x, labels), IndexError);
  const Tensor good = from_vector<std::int64_t>({0, 2});
  EXPECT_THROW(multi_margin_loss(x, good, {.p = 3}), ValueError);
  EXPECT_THROW(nll_loss(x, good, {.weight = ones({2})}), ShapeError);
  EXPECT_THROW(nll_loss(x, ones({2})), DTypeError);
}

// Of logits far out, where exp would overflow, the loss is linear.
TEST(LossTest, BceWithLogitsIsStable) {
  const Variable x(tensor({1e4, -1e4}), true);
  const Variable loss = bce_with_logits_loss(x, tensor({0, 1}), {.reduction = Reduction::kSum});
  EXPECT_EQ(loss.item<float>(), 2e4f);
  loss.backward();
  EXPECT_EQ(x.grad().value().to_vector<float>(), (std::vector<float>{1, -1}));
}

}  // namespace
}  // namespace tenon::layers
