// The example of README.md.
#include "tensor/testing/readme.h"

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "autograd/record.h"
#include "gtest/gtest.h"
#include "tensor/random.h"

namespace {

using namespace tenon;
using namespace tenon::autograd;

Variable cube(const Variable& x) {
  Tensor y = tenon::mul(tenon::square(x.value()), x.value());
  return record(
      "cube", y, [x = save(x)](Gradients& g) { g.set(0, 3 * square(x.get(g)) * g.output()); }, x);
}

TEST(Readme, LinearRegression) {
  manual_seed(0);
  const Tensor x = randn({64, 3});
  const Tensor y = matmul(x, tensor({1, -2, 3}).reshape({3, 1}));

  Variable w(zeros({3, 1}), /*requires_grad=*/true);
  for (int step = 0; step < 100; ++step) {
    Variable loss = mean(square(matmul(Variable(x), w) - y));
    loss.backward();
    w.set_value(w.value() - 0.1 * w.grad().value());
    w.zero_grad();
  }
  EXPECT_NEAR(w.value().item<float>({0, 0}), 1, 1e-3);
  EXPECT_NEAR(w.value().item<float>({1, 0}), -2, 1e-3);
  EXPECT_NEAR(w.value().item<float>({2, 0}), 3, 1e-3);
}

TEST(Readme, AnOperationOfOnesOwn) {
  Generator generator(1);
  const Tensor x = uniform({2, 3}, -1, 1, generator, {.dtype = DType::kF64});
  const auto fn = [](std::span<const Variable> in) { return cube(in[0]); };
  EXPECT_TRUE(gradcheck(fn, {&x, 1}).ok());
  EXPECT_TRUE(gradgradcheck(fn, {&x, 1}).ok());
}

TEST(Readme, ShowsThisCode) {
  tenon::testing::expect_examples_shown("autograd/README.md", "autograd/readme_test.cc");
}

}  // namespace
