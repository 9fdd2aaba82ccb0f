// Parts, rearrangements, indices, products and decompositions: values and gradients agree with
// PyTorch's (testdata/make_structure.py).
#include <tuple>
#include <vector>

#include "autograd/ops.h"
#include "autograd/testing/fixtures.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using testing::In;
using Variables = std::vector<Variable>;

Variable parts(const In& in) {
  const Variables left_right = split(in["x"], {2, 4}, 1), halves = chunk(in["x"], 2, 1);
  const Variable product = left_right[0] * slice(left_right[1], 1, 0, 2);
  return unflatten(movedim(cat(Variables{product, halves[0] * halves[1]}, 1), 0, 1), 0, {5, 1});
}

Variable unequal_parts(const In& in) {
  const Variables by_size = split(in["x"], 3), by_count = chunk(in["x"], 4);
  const Variable &a = by_size[0], &b = by_size[1], &c = by_size[2];
  return sum(stack(Variables{a * b, expand(c, {3, 2}) * a})) + sum(by_count[0] * by_count[1]) +
         sum(exp(by_count[3]));
}

Variable diagonals(const In& in) {
  const Variable& x = in["x"];
  return stack(Variables{diagonal(x, 0, 0, 2), sin(diagonal(x, 0, 2, 0))}) *
         narrow(diagonal(x, 1, 2, 0), 1, 0, 1);
}

Variable rearranged(const In& in) {
  const Variable& x = in["x"];
  return repeat(flip(x, {0, 2}) * roll(x, 2, 1) + tril(x, 1) - square(triu(x, -1)), {2, 1, 2});
}

Variable scattered(const In& in) {
  const Variable y = scatter(in["x"], 0, in.index("i"), in["v"]);
  return y * y + sum(take_along_dim(in["x"], in.index("i"), 0), {0});
}

Variable masked(const In& in) {
  const Tensor m = in.index("m").to(DType::kBool);
  return sum(exp(masked_fill(in["x"], m, 2))) *
         square(masked_select(in["x"], eq(in.index("m"), 0.0)));
}

Variable einsums(const In& in) {
  const Variable &a = in["a"], &b = in["b"], &c = in["c"];
  Variable y = einsum("bij,bjk->bik", {a, b});
  y = y + unsqueeze(einsum("...j,jbk->bk", {a, permute(b, {1, 0, 2})}), 1);
  return einsum("bik,k,bij->kj", {y, c, a}) +
         unsqueeze(einsum("bii,k->k", {slice(a, 2, 0, 3), c}), 1);
}

Variable products(const In& in) {
  const Variable &x = in["x"], &v = in["v"];
  return addmm(v, x, in["w"], 0.5, 2) * outer(select(x, 1, 0), v);
}

Variable singular(const In& in) {
  const auto [u, s, vh] = svd(in["x"]);
  const auto times = [](const Variable& matrix, const Variable& vector) {
    return einsum("bij,bj->bi", {square(matrix), vector});
  };
  return cat(Variables{s, times(u, s), times(transpose(vh, 1, 2), exp(s))}, -1);
}

Variable eigen(const In& in) {
  const auto [values, vectors] = eigh(in["x"] + transpose(in["x"], 0, 1));
  return cat(Variables{values, matmul(square(vectors), sin(values))});
}

Variable in_place(const In& in) {
  const Variable &x = in["x"], &w = in["w"];
  const Variable y = x * 2;
  y.mul_(exp(w));
  y.add_(x);
  y.div_(square(w) + 1);
  y.sub_(w);
  y.add_(-0.5).mul_(3);
  const Variable z = zeros_like(x.value());
  z.copy_(slice(y, 0, 0, 1) * x);
  z.mul_(exp(x));
  return z + y;
}

Variable other_layouts(const In& in) {
  const Variable& x = in["x"];
  const Variable rows = slice(transpose(x, 0, 1), 0, 0, INT64_MAX, 2);
  const Variable wide = expand(slice(x, 0, 0, 1), {4, 6});
  const Variable triangle = tril(flip(wide, {1}) * x);
  return einsum("ij,jk->ik", {rows, slice(x, 1, 1, INT64_MAX, 2)}) +
         slice(slice(triangle, 0, 0, 3), 1, 0, INT64_MAX, 2);
}

Variable scalars(const In& in) {
  const Variable& x = in["x"];
  return tril(expand(x, {2, 2})) * x + repeat(stack(Variables{x, x * x}), {2, 1});
}

Variable nothing(const In& in) {
  return cat(Variables{repeat(flip(in["x"], {0}), {2, 1}), tril(roll(in["x"], 1, 1))}) * 2;
}

const testing::Expressions kExpressions = {
    {"parts", parts},         {"unequal_parts", unequal_parts},
    {"diagonals", diagonals}, {"rearranged", rearranged},
    {"scattered", scattered}, {"masked", masked},
    {"einsums", einsums},     {"products", products},
    {"singular", singular},   {"eigen", eigen},
    {"in_place", in_place},   {"other_layouts", other_layouts},
    {"scalars", scalars},     {"nothing", nothing},
};

constexpr char kFile[] = "autograd/testdata/structure.txt";

TEST(StructureFixtures, AgreeInF64) {
  testing::expect_fixtures(kFile, kExpressions, DType::kF64, 1e-11);
}

// Gradients of the decompositions divide by differences of values of about 1: some digits more go.
TEST(StructureFixtures, AgreeInF32) {
  testing::expect_fixtures(kFile, kExpressions, DType::kF32, 1e-4);
}

}  // namespace
}  // namespace tenon::autograd
