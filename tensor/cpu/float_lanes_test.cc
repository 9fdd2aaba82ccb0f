// Functions of a register of floats against the same functions of one number, bit by bit.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "tensor/cpu/vectorize.h"
#include "tensor/internal/activations.h"

namespace tenon::cpu {
namespace {

/// Numbers of every size, the ends of the range among them; no multiple of a register.
std::vector<float> numbers() {
  constexpr float kInfinity = std::numeric_limits<float>::infinity();
  std::vector<float> x{0,      -0.0f, kInfinity, -kInfinity, NAN,     1e-45f,  -1e-45f,
                       3e-39f, -1,    1,         88.72f,     88.73f,  -103.9f, -104.1f,
                       0.75f,  1.5f,  1e30f,     -1e30f,     3.4e38f, -0.5f,   2};
  std::mt19937 random(1);
  while (x.size() < 20011) {
    x.push_back(std::ldexp(1 + static_cast<float>(random() >> 9) * 0x1p-23f,
                           static_cast<int>(random() % 250) - 130) *
                (random() % 2 ? 1.0f : -1.0f));
    x.push_back((static_cast<float>(random() >> 8) * 0x1p-23f - 1) * 20);
  }
  return x;
}

bool same_bits(float a, float b) {
  return std::memcmp(&a, &b, sizeof(a)) == 0 || (std::isnan(a) && std::isnan(b));
}

template <class F>
void expect_same(const char* name, const F& fn) {
  const std::vector<float> x = numbers();
  std::vector<float> y(x.size());
  apply(static_cast<std::int64_t>(x.size()), y.data(), fn, x.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    ASSERT_TRUE(same_bits(y[i], fn(x[i]))) << name << " of " << x[i] << ": " << y[i];
  }
}

template <class Activation>
void expect_same_activation(const char* name) {
  expect_same(name, []<class V>(V v) { return Activation::value(v, V(0.5f), V(20)); });
  expect_same(name, []<class V>(V v) { return Activation::slope(v, V(0.5f), V(20)); });
}

TEST(FloatLanes, AnElementaryFunctionHasTheBitsOfTheNumberAlone) {
  expect_same("exp", [](auto v) { return math::exp(v); });
  expect_same("exp_of_term", [](auto v) { return math::exp_of_term(v); });
  expect_same("expm1", [](auto v) { return math::expm1(v); });
  expect_same("log", [](auto v) { return math::log(v); });
  expect_same("log1p", [](auto v) { return math::log1p(v); });
  expect_same("sinh", [](auto v) { return math::sinh(v); });
  expect_same("cosh", [](auto v) { return math::cosh(v); });
  expect_same("tanh", [](auto v) { return math::tanh(v); });
  expect_same("asin", [](auto v) { return math::asin(v); });
  expect_same("acos", [](auto v) { return math::acos(v); });
  expect_same("atan", [](auto v) { return math::atan(v); });
  expect_same("sigmoid", [](auto v) { return math::sigmoid(v); });
  expect_same("erf", [](auto v) { return math::erf(v); });
  expect_same("normal_cdf", [](auto v) { return math::normal_cdf(v); });
}

TEST(FloatLanes, AnActivationHasTheBitsOfTheNumberAlone) {
  expect_same_activation<math::LeakyRelu>("leaky_relu");
  expect_same_activation<math::Elu>("elu");
  expect_same_activation<math::Celu>("celu");
  expect_same_activation<math::Selu>("selu");
  expect_same_activation<math::Gelu>("gelu");
  expect_same_activation<math::GeluTanh>("gelu_tanh");
  expect_same_activation<math::Silu>("silu");
  expect_same_activation<math::Softplus>("softplus");
  expect_same_activation<math::Mish>("mish");
  expect_same_activation<math::LogSigmoid>("log_sigmoid");
  expect_same_activation<math::Clamp>("clamp");
  expect_same_activation<math::Hardtanh>("hardtanh");
  expect_same_activation<math::Hardsigmoid>("hardsigmoid");
  expect_same_activation<math::Hardswish>("hardswish");
}

}  // namespace
}  // namespace tenon::cpu
