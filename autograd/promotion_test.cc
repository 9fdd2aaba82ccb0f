// What pairs of dtypes give, with dimensions, without and as numbers, beside PyTorch
// (testdata/make_promotion.py).
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "tensor/error.h"

namespace tenon::autograd {
namespace {

// In the order of the fixture's columns.
constexpr DType kAll[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16,
                          DType::kI64, DType::kI32, DType::kU8,   DType::kBool};
constexpr double kNumbers[] = {2, 0.5};

using V = const Variable&;
using Pair = std::function<std::string(V, V)>;
using Number = std::function<std::string(V, double)>;

template <class F>
Pair dtype_of(F f) {
  return [f](V a, V b) { return std::string(name(f(a, b).dtype())); };
}
template <class F>
Number dtype_of_number(F f) {
  return [f](V a, double b) { return std::string(name(f(a, b).dtype())); };
}

/// Of two thirds, which are equal where they meet in a dtype that rounded both the same.
std::string are_equal(V a, V b) {
  const auto third = [](V x) { return is_floating(x.dtype()) ? x.value() * (1. / 3) : x.value(); };
  return all(eq(third(a), third(b))).item<bool>() ? "true" : "false";
}

const std::map<std::string, Pair>& pairs() {
  static const std::map<std::string, Pair> pairs{
      {"add", dtype_of([](V a, V b) { return add(a, b); })},
      {"mul", dtype_of([](V a, V b) { return mul(a, b); })},
      {"div", dtype_of([](V a, V b) { return div(a, b); })},
      {"maximum", dtype_of([](V a, V b) { return maximum(a, b); })},
      {"where", dtype_of([](V a, V b) { return where(ones({2}, {.dtype = DType::kBool}), a, b); })},
      {"eq", are_equal},
      {"add_", dtype_of([](V a, V b) { return a.add_(b); })},
      {"mul_", dtype_of([](V a, V b) { return a.mul_(b); })},
      {"div_", dtype_of([](V a, V b) { return a.div_(b); })},
      {"cat", dtype_of([](V a, V b) {
         return cat(std::vector{a, b});
       })},
      {"stack", dtype_of([](V a, V b) {
         return stack(std::vector{a, b});
       })},
  };
  return pairs;
}

const std::map<std::string, Number>& with_numbers() {
  static const std::map<std::string, Number> numbers{
      {"add", dtype_of_number([](V a, double b) { return add(a, b); })},
      {"mul", dtype_of_number([](V a, double b) { return mul(a, b); })},
      {"div", dtype_of_number([](V a, double b) { return div(a, b); })},
      {"add_", dtype_of_number([](V a, double b) { return a.add_(b); })},
      {"mul_", dtype_of_number([](V a, double b) { return a.mul_(b); })},
  };
  return numbers;
}

Variable ones_of(const std::string& kind, DType dtype) {
  return ones(kind == "0-d" ? Shape{} : Shape{2}, {.dtype = dtype});
}

DType dtype_named(const std::string& wanted) {
  for (const DType dtype : kAll) {
    if (name(dtype) == wanted) return dtype;
  }
  throw ValueError("no dtype " + wanted);
}

template <class Call>
std::string result_of(const Call& call) {
  try {
    return call();
  } catch (const DTypeError&) {
    return "error";
  }
}

TEST(Promotion, IsPyTorchs) {
  std::ifstream file("autograd/testdata/promotion.txt");
  int lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    SCOPED_TRACE(line);
    std::istringstream words(line);
    std::string op, kind_a, kind_b, dtype_a, wanted;
    words >> op >> kind_a >> kind_b >> dtype_a;
    const auto a = [&] { return ones_of(kind_a, dtype_named(dtype_a)); };
    if (kind_b == "number") {
      for (const double b : kNumbers) {
        ASSERT_TRUE(words >> wanted);
        EXPECT_EQ(result_of([&] { return with_numbers().at(op)(a(), b); }), wanted) << b;
      }
      continue;
    }
    for (const DType dtype_b : kAll) {
      ASSERT_TRUE(words >> wanted);
      const auto call = [&] { return pairs().at(op)(a(), ones_of(kind_b, dtype_b)); };
      EXPECT_EQ(result_of(call), wanted) << name(dtype_b);
    }
  }
  EXPECT_EQ(lines, 368);
}

TEST(Promotion, AWriteInPlaceIsComputedInTheDTypeThatBothMeetIn) {
  const Variable x(full({2}, 3, {.dtype = DType::kF16}));
  x.mul_(Variable(full({2}, 1. / 3)));  // a third in f16 is 0.33325
  EXPECT_EQ(x.value().to_vector<Float16>(), (std::vector<Float16>(2, Float16(1.0f))));
}

TEST(Promotion, LogicSeesNumbersThatTheOtherDTypeWouldLose) {
  const Tensor small = scalar(1e-300, {.dtype = DType::kF64});
  EXPECT_TRUE(tenon::all(tenon::logical_and(ones({2}), small)).item<bool>());
}

TEST(Promotion, GradientsComeInTheDTypesOfTheArguments) {
  const Variable half(full({2}, 3, {.dtype = DType::kBF16}), true);
  const Variable factor(scalar(2, {.dtype = DType::kF64}), true), wide(ones({3}), true);
  const Variable scaled = half * factor;
  EXPECT_EQ(scaled.dtype(), DType::kBF16);
  sum(cat(std::vector{scaled, wide * wide})).backward();
  EXPECT_EQ(half.grad().value().to_vector<BFloat16>(), std::vector<BFloat16>(2, BFloat16(2.0f)));
  EXPECT_EQ(factor.grad().value().to_vector<double>(), std::vector<double>{6});
  EXPECT_EQ(wide.grad().value().to_vector<float>(), std::vector<float>(3, 2));
}

TEST(Promotion, GradientsAreComputedInTheDTypeThatBothMeetIn) {
  const Variable base(full({2}, 3), true), power(full({2}, 0.5, {.dtype = DType::kF64}), true);
  sum(pow(base, power)).backward();
  EXPECT_NEAR(power.grad().value().item<double>({1}), std::sqrt(3) * std::log(3), 1e-14);
  EXPECT_NEAR(base.grad().value().item<double>({1}), 0.5 / std::sqrt(3), 1e-7);
}

TEST(Promotion, Atan2OfAnIntegralArgument) {
  const Variable a(full({2}, 3), true);
  sum(atan2(a, Variable(full({2}, 1, {.dtype = DType::kBool})))).backward();
  EXPECT_NEAR(a.grad().value().item<double>({0}), 0.1, 1e-7);
  a.zero_grad();
  sum(atan2(a, Variable(full({2}, 200, {.dtype = DType::kU8})))).backward();
  EXPECT_NEAR(a.grad().value().item<double>({0}), 200. / 40009, 1e-8);
}

}  // namespace
}  // namespace tenon::autograd
