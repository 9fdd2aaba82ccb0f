#include "tensor/ops/attention.h"

#include <cmath>
#include <limits>

#include "gtest/gtest.h"
#include "tensor/allocator.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_close;
using testing::expect_error;
using testing::expect_identical;
using testing::layouts_of;
using testing::ThreadScope;
using testing::values;

struct Case {
  Tensor q, k, v;
  AttentionParams params;
};

Case make_case(std::int64_t heads, std::int64_t groups, std::int64_t queries, std::int64_t keys,
               const AttentionParams& params, DType dtype = DType::kF32) {
  return {values({2, heads, queries, 5}, -1, 1, dtype, 1),
          values({2, groups, keys, 5}, -1, 1, dtype, 2),
          values({2, groups, keys, 3}, -1, 1, dtype, 3), params};
}

/// Query by query, in f64.
Array reference(const Case& c) {
  const Array q(c.q), k(c.k), v(c.v);
  const std::int64_t served = c.q.size(1) / c.k.size(1), keys = c.k.size(2);
  Array y({2, c.q.size(1), c.q.size(2), 3});
  testing::for_each_index({2, c.q.size(1), c.q.size(2)}, [&](const Dims& i) {
    const std::int64_t group = i[1] / served;
    std::vector<double> weights;
    double total = 0;
    for (std::int64_t j = 0; j < keys; ++j) {
      double score = 0;
      for (std::int64_t d = 0; d < 5; ++d) {
        score += q.at({i[0], i[1], i[2], d}) * k.at({i[0], group, j, d});
      }
      const bool hidden = c.params.causal && j > i[2] + c.params.offset;
      weights.push_back(hidden ? 0 : std::exp(score / std::sqrt(5.0)));
      total += weights.back();
    }
    for (std::int64_t e = 0; e < 3; ++e) {
      double sum = 0;
      for (std::int64_t j = 0; j < keys; ++j) {
        sum += weights[static_cast<std::size_t>(j)] * v.at({i[0], group, j, e});
      }
      y.at({i[0], i[1], i[2], e}) = sum / total;
    }
  });
  return y;
}

Attention run(const Case& c) { return scaled_dot_product_attention(c.q, c.k, c.v, {}, c.params); }

TEST(AttentionTest, TilesMeetAtAnySize) {
  for (const std::int64_t queries : {1, 129}) {
    for (const std::int64_t keys : {1, 257}) {
      const Case c = make_case(2, 1, queries, keys, {});
      expect_close(run(c).y, reference(c), 8);
    }
  }
  const Case causal = make_case(2, 2, 140, 300, {.causal = true, .offset = 130});
  expect_close(run(causal).y, reference(causal), 8);
}

TEST(AttentionTest, EveryLayout) {
  const Case c = make_case(2, 2, 3, 4, {});
  const Array expected = reference(c);
  for (const auto& [name, q] : layouts_of(c.q)) {
    expect_close(scaled_dot_product_attention(q, c.k, c.v).y, expected, 4, name);
  }
  for (const auto& [name, k] : layouts_of(c.k)) {
    expect_close(scaled_dot_product_attention(c.q, k, c.v).y, expected, 4, name);
  }
}

TEST(AttentionTest, LogarithmsOfSums) {
  const Case c = make_case(1, 1, 2, 300, {.scale = 1});
  const Tensor got = run(c).logsumexp;
  for (std::int64_t i = 0; i < 2; ++i) {
    double total = 0;
    for (std::int64_t j = 0; j < 300; ++j) {
      double score = 0;
      for (std::int64_t d = 0; d < 5; ++d) {
        score += c.q.item<double>({1, 0, i, d}) * c.k.item<double>({1, 0, j, d});
      }
      total += std::exp(score);
    }
    EXPECT_NEAR(got.item<double>({1, 0, i}), std::log(total), 1e-5);
  }
}

TEST(AttentionTest, AQueryThatSeesNothingGivesZeros) {
  const Case c = make_case(1, 1, 2, 3, {});
  const Tensor mask = zeros({2, 3}, {.dtype = DType::kBool});
  mask.select(0, 0).fill_(1);
  const Attention a = scaled_dot_product_attention(c.q, c.k, c.v, mask);
  EXPECT_EQ(a.y.item<float>({0, 0, 1, 0}), 0);
  EXPECT_EQ(a.logsumexp.item<float>({0, 0, 1}), -std::numeric_limits<float>::infinity());
  const AttentionGrads grads =
      scaled_dot_product_attention_grad(ones({2, 1, 2, 3}), c.q, c.k, c.v, mask, {}, a);
  EXPECT_TRUE(all_finite(grads.q));
  EXPECT_EQ(grads.q.item<float>({1, 0, 1, 2}), 0);
}

TEST(AttentionTest, LargeScoresDoNotOverflow) {
  Case c = make_case(1, 1, 3, 400, {.scale = 1});
  c.q = c.q * 1000.0;
  EXPECT_TRUE(all_finite(run(c).y));
}

TEST(AttentionTest, NaNComesThrough) {
  const Case c = make_case(1, 1, 2, 3, {});
  c.k.select(2, 1).fill_(std::numeric_limits<double>::quiet_NaN());
  const Tensor y = run(c).y;
  EXPECT_TRUE(std::isnan(y.item<float>({0, 0, 0, 0})));
  EXPECT_TRUE(std::isnan(y.item<float>({1, 0, 1, 2})));
}

TEST(AttentionTest, BitsDoNotDependOnThreads) {
  const Case c = make_case(4, 2, 150, 270, {.causal = true, .offset = 100});
  const Tensor grad = values({2, 4, 150, 3});
  const auto all = [&] {
    const Attention a = run(c);
    const AttentionGrads g =
        scaled_dot_product_attention_grad(grad, c.q, c.k, c.v, {}, c.params, a);
    return std::vector<Tensor>{a.y, g.q, g.k, g.v};
  };
  std::vector<Tensor> alone;
  {
    const ThreadScope one(1);
    alone = all();
  }
  const ThreadScope four(4);
  const std::vector<Tensor> together = all();
  for (std::size_t i = 0; i < alone.size(); ++i) expect_identical(together[i], alone[i]);
}

/// The weights of one head would take 34 MiB.
TEST(AttentionTest, MemoryGrowsWithPositionsAndNotWithPairs) {
  const Tensor q = values({1, 1, 3000, 8}), v = values({1, 1, 3000, 8});
  allocator().reset_peak();
  const std::int64_t before = allocator().stats().live_bytes;
  const Attention a = scaled_dot_product_attention(q, q, v);
  scaled_dot_product_attention_grad(v, q, q, v, {}, {}, a);
  EXPECT_LT(allocator().stats().peak_bytes - before, 4 << 20);
}

TEST(AttentionTest, ErrorsOfTheGradient) {
  const Case c = make_case(1, 1, 2, 3, {});
  const Attention a = run(c);
  expect_error<ShapeError>(
      [&] {
        scaled_dot_product_attention_grad(ones({2, 1, 2, 4}), c.q, c.k, c.v, {}, {}, a);
      },
      {"[scaled_dot_product_attention_grad]", "grad", "[2,1,2,3]", "[2,1,2,4]"});
  expect_error<ShapeError>(
      [&] {
        scaled_dot_product_attention_grad(a.y, c.q, c.k, c.v, {}, {}, {a.y, ones({2, 1, 3})});
      },
      {"logsumexp", "[2,1,2]", "[2,1,3]"});
}

}  // namespace
}  // namespace tenon
