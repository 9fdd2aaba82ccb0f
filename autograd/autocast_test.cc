#include "autograd/autocast.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "autograd/ops.h"
#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

bool same(const Tensor& a, const Tensor& b) {
  if (a.dtype() != b.dtype() || a.shape() != b.shape()) return false;
  return ne(a, b).to(DType::kI64).numel() == 0 ||
         sum(ne(a, b).to(DType::kI64)).item<std::int64_t>() == 0;
}

Tensor normal(const Shape& shape, std::uint64_t seed) {
  Generator random(seed);
  return randn(shape, random);
}

Tensor rounded(const Tensor& x) { return x.to(DType::kBF16); }

/// Every operation of the table on a variable of the dtype it has to change.
const std::map<std::string, std::function<Variable(DType)>, std::less<>>& calls() {
  const auto matrix = [](DType dtype) { return Variable(normal({4, 4}, 1).to(dtype)); };
  const auto images = [](DType dtype) { return Variable(normal({1, 4, 4, 4}, 1).to(dtype)); };
  static const std::map<std::string, std::function<Variable(DType)>, std::less<>> calls{
      {"matmul", [=](DType d) { return matmul(matrix(d), matrix(d)); }},
      {"linear", [=](DType d) { return linear(matrix(d), matrix(d)); }},
      {"conv2d",
       [=](DType d) {
         return conv2d(images(d), Variable(normal({2, 4, 3, 3}, 2).to(d)), {});
       }},
      {"addmm", [=](DType d) { return addmm(matrix(d), matrix(d), matrix(d)); }},
      {"svd", [=](DType d) { return std::get<1>(svd(matrix(d))); }},
      {"eigh", [=](DType d) { return std::get<0>(eigh(matrix(d))); }},
      {"conv1d",
       [=](DType d) {
         return conv1d(Variable(normal({1, 4, 5}, 1).to(d)), Variable(normal({2, 4, 3}, 2).to(d)));
       }},
      {"conv_transpose2d",
       [=](DType d) {
         return conv_transpose2d(images(d), Variable(normal({4, 2, 3, 3}, 2).to(d)));
       }},
      {"scaled_dot_product_attention",
       [=](DType d) { return scaled_dot_product_attention(images(d), images(d), images(d)); }},
      {"softmax", [=](DType d) { return softmax(matrix(d), 1); }},
      {"log_softmax", [=](DType d) { return log_softmax(matrix(d), 1); }},
      {"cross_entropy",
       [=](DType d) { return cross_entropy(matrix(d), zeros({4}, {.dtype = DType::kI64})); }},
      {"exp", [=](DType d) { return exp(matrix(d)); }},
      {"expm1", [=](DType d) { return expm1(matrix(d)); }},
      {"log", [=](DType d) { return log(matrix(d)); }},
      {"log1p", [=](DType d) { return log1p(matrix(d)); }},
      {"pow", [=](DType d) { return pow(matrix(d), 2.0); }},
      {"softplus", [=](DType d) { return softplus(matrix(d)); }},
      {"log_sigmoid", [=](DType d) { return log_sigmoid(matrix(d)); }},
      {"sum", [=](DType d) { return sum(matrix(d)); }},
      {"prod", [=](DType d) { return prod(matrix(d)); }},
      {"var", [=](DType d) { return var(matrix(d)); }},
      {"stddev", [=](DType d) { return stddev(matrix(d)); }},
      {"norm", [=](DType d) { return norm(matrix(d)); }},
      {"logsumexp", [=](DType d) { return logsumexp(matrix(d)); }},
      {"cumsum", [=](DType d) { return cumsum(matrix(d), 0); }},
      {"mean", [=](DType d) { return mean(matrix(d)); }},
      {"layer_norm", [=](DType d) { return layer_norm(matrix(d), {4}); }},
      {"rms_norm", [=](DType d) { return rms_norm(matrix(d), {4}); }},
      {"group_norm", [=](DType d) { return group_norm(matrix(d), 2); }},
  };
  return calls;
}

TEST(Autocast, CastsWhatTheTableSays) {
  for (const AutocastRow& row : kAutocastTable) {
    SCOPED_TRACE(row.op);
    const auto call = calls().find(row.op);
    ASSERT_NE(call, calls().end()) << "the test has no call of this operation";
    const bool low = row.precision == Precision::kLow;
    for (const DType dtype : {DType::kBF16, DType::kF16}) {
      const Autocast scope(dtype);
      EXPECT_EQ(call->second(low ? DType::kF32 : dtype).dtype(), low ? dtype : DType::kF32);
      EXPECT_EQ(call->second(DType::kF64).dtype(), DType::kF64) << "f64 is left alone";
    }
    EXPECT_EQ(call->second(DType::kF32).dtype(), DType::kF32) << "outside of every scope";
  }
}

TEST(Autocast, IsWhatCastingByHandGives) {
  const Tensor x = normal({5, 8}, 1), w = normal({3, 8}, 2), b = normal({3}, 3);
  const Variable weight(w, true), bias(b, true);
  Variable y;
  {
    const Autocast scope;
    y = linear(x, weight, bias, Activation::kRelu);
  }
  EXPECT_TRUE(
      same(y.value(), tenon::linear(rounded(x), rounded(w), rounded(b), Activation::kRelu)));

  const Tensor upstream = rounded(normal({5, 3}, 4));
  y.backward(upstream);
  const Tensor masked = where(gt(y.value(), 0.0), upstream, zeros_like(upstream));
  const Tensor expected = tenon::matmul(masked.transpose(0, 1), rounded(x)).to(DType::kF32);
  EXPECT_TRUE(same(weight.grad().value(), expected));
  EXPECT_EQ(bias.grad().dtype(), DType::kF32);
}

TEST(Autocast, TheBackwardPassKeepsTheDtypesOfTheForwardPass) {
  const Variable x(normal({4, 4}, 1), true);
  const Autocast scope;
  const Variable inner = matmul(x, x);
  DType seen = DType::kBool;
  inner.register_hook([&](const Variable& grad) {
    seen = grad.dtype();
    return Variable();
  });
  sum(inner).backward();
  EXPECT_EQ(seen, DType::kBF16);
  EXPECT_EQ(x.grad().dtype(), DType::kF32);
}

TEST(Autocast, NestsAndEnds) {
  EXPECT_EQ(autocast_dtype(), std::nullopt);
  {
    const Autocast outer;
    {
      const Autocast inner(DType::kF16);
      EXPECT_EQ(autocast_dtype(), DType::kF16);
      const NoAutocast off;
      EXPECT_EQ(autocast_dtype(), std::nullopt);
    }
    EXPECT_EQ(autocast_dtype(), DType::kBF16);
  }
  EXPECT_EQ(autocast_dtype(), std::nullopt);
}

TEST(Autocast, IsOfOneThread) {
  const Autocast scope;
  std::thread([] { EXPECT_EQ(autocast_dtype(), std::nullopt); }).join();
}

TEST(Autocast, RefusesOtherDtypes) {
  EXPECT_THROW(Autocast{DType::kF32}, DTypeError);
  EXPECT_THROW(Autocast{DType::kI64}, DTypeError);
  EXPECT_EQ(autocast_dtype(), std::nullopt);
}

TEST(Autocast, ACheckpointedSegmentRunsAgainInTheSamePrecision) {
  const Tensor x = normal({4, 4}, 1);
  const auto gradient = [&](bool checkpointed) {
    const Variable weight(normal({4, 4}, 2), true);
    const auto segment = [&](const Variable& input) { return relu(linear(input, weight)); };
    Variable loss;
    {
      const Autocast scope;
      loss = sum(checkpointed ? checkpoint(segment, x) : segment(x));
    }
    loss.backward();
    return weight.grad().value();
  };
  EXPECT_TRUE(same(gradient(true), gradient(false)));
}

}  // namespace
}  // namespace tenon::autograd
