// The steps of einsum beside its values, which autograd's table of operations compares with loops.
#include <gtest/gtest.h>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::values;

TEST(Einsum, EveryLayoutOfBothOperands) {
  const Tensor a = values({2, 3, 4}), b = values({2, 4, 5}, -2, 2, DType::kF32, 2);
  const Array expected = testing::matmul_reference(Array(a), Array(b));
  for (const auto& [layout_a, left] : testing::layouts_of(a)) {
    for (const auto& [layout_b, right] : testing::layouts_of(b)) {
      testing::expect_close_sum(einsum("bij,bjk->bik", {left, right}), expected, 4,
                                layout_a + layout_b);
    }
  }
}

TEST(Einsum, DimensionsOfTheEllipsisBroadcast) {
  const Tensor a = values({3, 1, 2, 4}), b = values({5, 4, 2});
  testing::expect_close(einsum("...ij,...jk->...ik", {a, b}), Array(matmul(a, b)), 4);
  testing::expect_close(einsum("...i,...i->...", {values({3, 1, 2}), values({4, 2})}),
                        Array(sum(values({3, 1, 2}) * values({4, 2}), {2})), 4);
  testing::expect_close(einsum("...i,...i", {values({1, 2}), values({4, 2})}),
                        Array(sum(values({1, 2}) * values({4, 2}), {1})), 4);
}

TEST(Einsum, EllipsisThatTheResultLacksIsSummed) {
  const Tensor a = values({1, 3, 2}), b = values({4, 3, 2});
  testing::expect_close(einsum("...i,...i->i", {a, b}), Array(sum(a * b, {0, 1})), 8);
}

TEST(Einsum, ResultIsNoView) {
  const Tensor x = ones({2, 3});
  EXPECT_NE(einsum("ij->ij", {x}).storage(), x.storage());
  EXPECT_NE(einsum("ij->ji", {x}).storage(), x.storage());
}

TEST(Einsum, SizesThatCannotBeAllocatedAreRefused) {
  const Tensor wide = ones({1}).expand({std::int64_t{1} << 40});
  testing::expect_error<ShapeError>([&] { einsum("i,j->ij", {wide, wide}); }, {"2^63 - 1"});
}

}  // namespace
}  // namespace tenon
