// Every loss against PyTorch, in every reduction: values and gradients
// (layers/testdata/make_losses.py).

#include <functional>
#include <string>

#include "gtest/gtest.h"
#include "layers/internal/fixture.h"
#include "layers/loss.h"

namespace tenon::layers {
namespace {

using internal::expect_near;

/// Undefined where there is none.
Tensor fixture(const std::string& name) {
  static const internal::Fixtures kFixtures("losses.safetensors");
  return kFixtures.find(name);
}

struct Inputs {
  Variable x;
  Variable x2;
  Tensor target;
  Tensor weight;
  Tensor pos_weight;
};
using Loss = std::function<Variable(const Inputs&, Reduction)>;

struct Case {
  std::string name;
  Loss loss;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

class LossFixturesTest : public testing::TestWithParam<Case> {};

/// In a dtype; labels and weights stay as they are.
void expect_loss(const std::string& name, const std::string& reduction, DType dtype,
                 const std::function<Variable(const Inputs&)>& loss) {
  const Tensor second = fixture(name + "/x2"), target = fixture(name + "/target");
  const Inputs inputs{.x = Variable(fixture(name + "/x").to(dtype), true),
                      .x2 = second.defined() ? Variable(second.to(dtype), true) : Variable(),
                      .target = is_floating(target.dtype()) ? target.to(dtype) : target,
                      .weight = fixture(name + "/weight"),
                      .pos_weight = fixture(name + "/pos_weight")};
  const std::string prefix = name + "/" + reduction + "/";
  const Variable y = loss(inputs);
  EXPECT_EQ(y.dtype(), dtype) << name;
  expect_near(y.value(), fixture(prefix + "y"), prefix + "y");
  y.backward(ones_like(y.value()));
  expect_near(inputs.x.grad().value(), fixture(prefix + "grad_x"), prefix + "grad_x");
  if (second.defined()) {
    expect_near(inputs.x2.grad().value(), fixture(prefix + "grad_x2"), prefix + "grad_x2");
  }
}

void expect_reductions(const Case& c, DType dtype) {
  const std::pair<const char*, Reduction> reductions[] = {
      {"none", Reduction::kNone}, {"mean", Reduction::kMean}, {"sum", Reduction::kSum}};
  for (const auto& [word, value] : reductions) {
    const Reduction reduction = value;
    expect_loss(c.name, word, dtype, [&](const Inputs& in) { return c.loss(in, reduction); });
  }
}

TEST_P(LossFixturesTest, AgreesInF32) { expect_reductions(GetParam(), DType::kF32); }
TEST_P(LossFixturesTest, AgreesInBF16) { expect_reductions(GetParam(), DType::kBF16); }

INSTANTIATE_TEST_SUITE_P(
    Losses, LossFixturesTest,
    testing::Values(
        Case{"mse", [](const Inputs& in,
                       Reduction r) { return mse_loss(in.x, in.target, {.reduction = r}); }},
        Case{"l1", [](const Inputs& in,
                      Reduction r) { return l1_loss(in.x, in.target, {.reduction = r}); }},
        Case{"huber",
             [](const Inputs& in, Reduction r) {
               return huber_loss(in.x, in.target, {.delta = 1.5, .reduction = r});
             }},
        Case{"smooth_l1",
             [](const Inputs& in, Reduction r) {
               return smooth_l1_loss(in.x, in.target, {.beta = 0.5, .reduction = r});
             }},
        Case{"bce", [](const Inputs& in,
                       Reduction r) { return bce_loss(in.x, in.target, {.reduction = r}); }},
        Case{"bce_weight",
             [](const Inputs& in, Reduction r) {
               return bce_loss(in.x, in.target, {.weight = in.weight, .reduction = r});
             }},
        Case{"bce_logits",
             [](const Inputs& in, Reduction r) {
               return bce_with_logits_loss(in.x, in.target, {.reduction = r});
             }},
        Case{"bce_logits_weights",
             [](const Inputs& in, Reduction r) {
               return bce_with_logits_loss(
                   in.x, in.target,
                   {.weight = in.weight, .pos_weight = in.pos_weight, .reduction = r});
             }},
        Case{"nll", [](const Inputs& in,
                       Reduction r) { return nll_loss(in.x, in.target, {.reduction = r}); }},
        Case{"nll_weight",
             [](const Inputs& in, Reduction r) {
               return nll_loss(in.x, in.target, {.weight = in.weight, .reduction = r});
             }},
        Case{"kl_div", [](const Inputs& in,
                          Reduction r) { return kl_div_loss(in.x, in.target, {.reduction = r}); }},
        Case{"kl_div_log",
             [](const Inputs& in, Reduction r) {
               return kl_div_loss(in.x, in.target, {.log_target = true, .reduction = r});
             }},
        Case{"margin_ranking",
             [](const Inputs& in, Reduction r) {
               return margin_ranking_loss(in.x, in.x2, in.target, {.margin = 0.5, .reduction = r});
             }},
        Case{"hinge_embedding",
             [](const Inputs& in, Reduction r) {
               return hinge_embedding_loss(in.x, in.target, {.margin = 0.7, .reduction = r});
             }},
        Case{"multi_margin",
             [](const Inputs& in, Reduction r) {
               return multi_margin_loss(in.x, in.target, {.margin = 0.8, .reduction = r});
             }},
        Case{"multi_margin_squared",
             [](const Inputs& in, Reduction r) {
               return multi_margin_loss(in.x, in.target,
                                        {.p = 2, .weight = in.weight, .reduction = r});
             }},
        Case{"cosine_embedding",
             [](const Inputs& in, Reduction r) {
               return cosine_embedding_loss(in.x, in.x2, in.target,
                                            {.margin = 0.1, .reduction = r});
             }}),
    [](const auto& info) { return info.param.name; });

TEST(LossFixtureTest, KlDivergenceByTheBatch) {
  expect_loss("kl_div", "batchmean", DType::kF32,
              [](const Inputs& in) { return kl_div_loss(in.x, in.target, {.batch_mean = true}); });
}

}  // namespace
}  // namespace tenon::layers
