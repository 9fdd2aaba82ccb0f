#include "tensor/ops/embedding.h"

#include "gtest/gtest.h"
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

/// Row by row, in f64.
Array embedding_grad_reference(const Tensor& grad, const Tensor& indices, std::int64_t rows,
                               std::int64_t padding) {
  const std::int64_t width = grad.size(-1);
  Array out({rows, width});
  const Array from(grad.reshape({-1, width})), at(indices.reshape({-1}));
  for (std::int64_t i = 0; i < indices.numel(); ++i) {
    const auto row = static_cast<std::int64_t>(at.at({i}));
    for (std::int64_t d = 0; row != padding && d < width; ++d) {
      out.at({row, d}) += from.at({i, d});
    }
  }
  return out;
}

Tensor some_indices(const Shape& shape, std::int64_t bound) {
  Generator generator(3);
  return randint(0, bound, shape, generator);
}

TEST(EmbeddingTest, ReadsRowsOfEveryDType) {
  const Tensor ids = some_indices({2, 3}, 5);
  for (const DType dtype : testing::kAllDTypes) {
    const Tensor table = values({5, 4}, 0, 9, dtype);
    const Tensor out = embedding(table, ids);
    ASSERT_EQ(out.shape(), Shape({2, 3, 4}));
    for (std::int64_t i = 0; i < 6; ++i) {
      const std::int64_t row = ids.item<std::int64_t>({i / 3, i % 3});
      expect_identical(out.select(0, i / 3).select(0, i % 3), table.select(0, row));
    }
  }
}

TEST(EmbeddingTest, GradientSumsRows) {
  const Tensor ids = some_indices({7, 11}, 6);
  for (const DType dtype : testing::kFloating) {
    for (const auto& [name, grad] : layouts_of(values({7, 11, 5}, -2, 2, dtype))) {
      expect_close(embedding_grad(grad, ids, 6), embedding_grad_reference(grad, ids, 6, -1), 1,
                   name);
      expect_close(embedding_grad(grad, ids, 6, 2), embedding_grad_reference(grad, ids, 6, 2), 1,
                   name);
    }
  }
}

TEST(EmbeddingTest, SumsOf16BitsAreRoundedOnce) {
  // 1000 ones: a running sum in bf16 would stop at 256.
  const Tensor ids = zeros({1000}, {.dtype = DType::kI64});
  const Tensor grad = ones({1000, 3}, {.dtype = DType::kBF16});
  EXPECT_EQ(embedding_grad(grad, ids, 2).item<float>({0, 2}), 1000);
}

TEST(EmbeddingTest, BitsDoNotDependOnThreads) {
  const Tensor ids = some_indices({5000}, 40);
  const Tensor grad = values({5000, 33});
  Tensor alone;
  {
    const ThreadScope one(1);
    alone = embedding_grad(grad, ids, 50);
  }
  const ThreadScope four(4);
  expect_identical(embedding_grad(grad, ids, 50), alone);
}

TEST(EmbeddingTest, Empty) {
  const Tensor none = zeros({0}, {.dtype = DType::kI64});
  EXPECT_EQ(embedding(ones({3, 2}), none).shape(), Shape({0, 2}));
  expect_identical(embedding_grad(ones({0, 2}), none, 3), zeros({3, 2}));
  EXPECT_EQ(embedding_grad(ones({0, 2}), none, 0).shape(), Shape({0, 2}));
}

TEST(EmbeddingTest, Errors) {
  const Tensor ids = from_vector<std::int64_t>({0, 4}), grad = ones({2, 3});
  expect_error<IndexError>([&] { embedding_grad(grad, ids, 4); },
                           {"[embedding_grad]", "[0, 4)", "4 at position 1"});
  expect_error<ShapeError>(
      [&] {
        embedding_grad(ones({3, 3}), ids, 5);
      },
      {"[embedding_grad]", "[2,3]", "[3,3]"});
  expect_error<ShapeError>([&] { embedding_grad(ones({}), ids, 5); }, {"[embedding_grad]"});
  expect_error<ValueError>([&] { embedding_grad(grad, ids, -1); }, {"-1"});
}

}  // namespace
}  // namespace tenon
