#include <vector>

#include "autograd/ops.h"
#include "autograd/variable.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using Numbers = std::vector<float>;

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }
Numbers numbers(const Variable& x) { return x.value().to_vector<float>(); }

TEST(Hooks, OnALeafSeeTheWholeGradientOnce) {
  const Variable x = leaf({3});
  std::vector<Numbers> seen;
  x.register_hook([&](const Variable& grad) {
    seen.push_back(numbers(grad));
    return Variable();
  });
  (x * x + x).backward();
  EXPECT_EQ(seen, std::vector<Numbers>{{7}});
}

TEST(Hooks, OnALeafSeeThisPassAndNotTheSum) {
  const Variable x = leaf({3});
  std::vector<Numbers> seen;
  x.register_hook([&](const Variable& grad) {
    seen.push_back(numbers(grad));
    return Variable();
  });
  (x * 2).backward();
  (x * 5).backward();
  EXPECT_EQ(seen, (std::vector<Numbers>{{2}, {5}}));
  EXPECT_EQ(numbers(x.grad()), Numbers{7});
}

TEST(Hooks, OnAResultSeeTheWholeGradientAndMayReplaceIt) {
  const Variable x = leaf({3});
  const Variable y = x * 2;
  y.register_hook([](const Variable& grad) { return grad * 10; });
  (y + y * 4).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{100});
}

/// A linear with a GELU and one without, whose gradient skips what lies between.
struct TwoLayers {
  Variable x = leaf({0.5F, -1, 2}), w1 = leaf({1, 2, 3, -1, 0.5F, 0, 0.25F, -2, 1});
  Variable w2 = leaf({1, -1, 0.5F});
  Variable hidden() const {
    return linear(reshape(x, {1, 3}), reshape(w1, {3, 3}), {}, Activation::kGeluTanh);
  }
  Variable result(const Variable& h) const { return sum(linear(h, reshape(w2, {1, 3}))); }
};

TEST(Hooks, BetweenAGeluAndALinearSeeTheGradientThatWasSkipped) {
  const TwoLayers plain;
  plain.result(plain.hidden()).backward();

  const TwoLayers watched;
  const Variable h = watched.hidden();
  std::vector<Numbers> seen;
  h.register_hook([&](const Variable& grad) {
    seen.push_back(numbers(reshape(grad, {3})));
    return Variable();
  });
  watched.result(h).backward();
  EXPECT_EQ(seen, (std::vector<Numbers>{{1, -1, 0.5F}}));
  EXPECT_EQ(numbers(watched.w1.grad()), numbers(plain.w1.grad()));
  EXPECT_EQ(numbers(watched.x.grad()), numbers(plain.x.grad()));

  const TwoLayers retained;
  const Variable kept = retained.hidden();
  kept.retain_grad();
  retained.result(kept).backward();
  EXPECT_EQ(numbers(reshape(kept.grad(), {3})), (Numbers{1, -1, 0.5F}));
  EXPECT_EQ(numbers(retained.x.grad()), numbers(plain.x.grad()));

  const TwoLayers asked;
  const Variable between = asked.hidden();
  const Variable result = asked.result(between);
  const auto grads = grad(std::vector{result}, std::vector{between, asked.x});
  EXPECT_EQ(numbers(reshape(grads[0], {3})), (Numbers{1, -1, 0.5F}));
  EXPECT_EQ(numbers(grads[1]), numbers(plain.x.grad()));
}

TEST(Hooks, AGeluAddsUpTheGradientsOfBothItsSides) {
  const TwoLayers net;
  const Variable h = net.hidden();
  (net.result(h) + sum(h * 3)).backward();

  const TwoLayers apart;
  const Variable inner = linear(reshape(apart.x, {1, 3}), reshape(apart.w1, {3, 3}));
  const Variable outer = gelu_tanh(inner);
  (apart.result(outer) + sum(outer * 3)).backward();
  const Numbers got = numbers(net.w1.grad()), wanted = numbers(apart.w1.grad());
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], wanted[i], 1e-5F) << i;
}

TEST(Hooks, RunInOrderUntilRemoved) {
  const Variable x = leaf({1});
  const int first = x.register_hook([](const Variable& grad) { return grad + 1; });
  x.register_hook([](const Variable& grad) { return grad * 10; });
  square(x).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{30});
  x.zero_grad();
  x.remove_hook(first);
  x.remove_hook(first);
  square(x).backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{20});
}

TEST(Hooks, AreSeenByGrad) {
  const Variable x = leaf({3});
  const Variable y = square(x), z = y * 5;
  y.register_hook([](const Variable& grad) { return grad * 2; });
  x.register_hook([](const Variable& grad) { return grad + 1; });
  const Variable inputs[] = {x, y};
  const auto grads = grad({&z, 1}, inputs);
  EXPECT_EQ(numbers(grads[1]), Numbers{10});
  EXPECT_EQ(numbers(grads[0]), Numbers{61});
  EXPECT_FALSE(x.grad().defined());
}

TEST(Hooks, MayRunABackwardOfTheirOwn) {
  const Variable x = leaf({3}), other = leaf({2});
  const Variable prepared = square(other) * x;  // reaches x, too
  bool inside = false;
  x.register_hook([&](const Variable& grad) {
    EXPECT_FALSE(grad_enabled());  // neither pass creates a graph
    if (inside) return grad;
    inside = true;
    prepared.backward();
    return grad * 10;
  });
  square(x).backward();
  EXPECT_EQ(numbers(other.grad()), Numbers{12});
  EXPECT_EQ(numbers(x.grad()), Numbers{64});  // 10 times 6 from this pass, 4 from the one within
}

TEST(Hooks, RefuseAReplacementOfAnotherShape) {
  const Variable x = leaf({3, 4});
  x.register_hook([](const Variable&) { return Variable(tensor({1, 2, 3})); });
  EXPECT_THROW(sum(x).backward(), AutogradError);
  EXPECT_FALSE(x.grad().defined());
}

TEST(Hooks, NeedAGradientToSee) {
  EXPECT_THROW(Variable(tensor({1})).register_hook([](const Variable& g) { return g; }),
               AutogradError);
}

}  // namespace
}  // namespace tenon::autograd
