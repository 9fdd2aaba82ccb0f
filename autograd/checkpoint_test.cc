// A checkpointed program gives the same bits as the plain one, with less memory.
#include <functional>
#include <stdexcept>
#include <vector>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "autograd/variable.h"
#include "gtest/gtest.h"
#include "tensor/allocator.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

using Segment = std::function<Variable(const Variable&)>;

struct Result {
  std::vector<float> value, dx, dw;
  bool operator==(const Result&) const = default;
};

/// Two segments with dropout and one parameter that both use.
Result run(Variable (*call)(Segment, const Variable&), bool input_requires_grad) {
  Generator generator(3);
  const Variable x(randn({8, 16}, generator), input_requires_grad);
  const Variable w(randn({16, 16}, generator), true);
  manual_seed(11);
  const Segment segment = [&w](const Variable& in) { return dropout(tanh(matmul(in, w)), 0.3); };
  const Variable y = call(segment, call(segment, x));
  sum(square(y)).backward();
  const Variable after = dropout(x.detach(), 0.5);  // the stream goes on where it was
  Result result{
      .value = y.value().to_vector<float>(), .dx = {}, .dw = w.grad().value().to_vector<float>()};
  if (input_requires_grad) result.dx = x.grad().value().to_vector<float>();
  const auto stream = after.value().to_vector<float>();
  result.value.insert(result.value.end(), stream.begin(), stream.end());
  return result;
}

Variable direct(Segment segment, const Variable& x) { return segment(x); }

TEST(Checkpoint, GivesTheSameBitsIncludingDropout) {
  EXPECT_EQ(run(&checkpoint, true), run(&direct, true));
}

TEST(Checkpoint, ReachesParametersWhereTheInputNeedsNoGradient) {
  EXPECT_EQ(run(&checkpoint, false), run(&direct, false));
}

TEST(Checkpoint, SavesNothingOfTheSegment) {
  constexpr std::int64_t kSize = 1 << 14;
  const Segment segment = [](const Variable& in) {
    Variable y = in;
    for (int i = 0; i < 10; ++i) y = exp(tanh(y));
    return y;
  };
  const Variable x(zeros({kSize}), true);
  const std::int64_t before = allocator().stats().live_bytes;
  const Variable y = checkpoint(segment, x);
  EXPECT_LT(allocator().stats().live_bytes - before, 2 * kSize * 4);
  const Variable z = segment(x);
  EXPECT_GE(allocator().stats().live_bytes - before, kSize * 4 * 20);
}

TEST(Checkpoint, HasSecondDerivativesAndNests) {
  const CheckedFunction fn = [](std::span<const Variable> in) {
    const Variable w = in[1];
    const Segment inner = [w](const Variable& x) { return tanh(x * w); };
    return checkpoint([inner](const Variable& x) { return checkpoint(inner, x) * x; }, in[0]);
  };
  Generator generator(5);
  const std::vector<Tensor> inputs = {uniform({3}, -1, 1, generator, {.dtype = DType::kF64}),
                                      uniform({3}, -1, 1, generator, {.dtype = DType::kF64})};
  EXPECT_TRUE(gradcheck(fn, inputs).ok()) << gradcheck(fn, inputs);
  EXPECT_TRUE(gradgradcheck(fn, inputs).ok()) << gradgradcheck(fn, inputs);
}

TEST(Checkpoint, WorksWithGradAndHooks) {
  const Variable x(tensor({2}), true), w(tensor({3}), true);
  int hooked = 0;
  const auto program = [&] {
    const Variable input = square(x);
    input.register_hook([&hooked](const Variable& grad) {
      ++hooked;
      return grad;
    });
    return checkpoint([&w](const Variable& in) { return in * w; }, input);
  };
  const Variable y = program();
  const auto grads = grad({&y, 1}, std::vector<Variable>{x, w});
  EXPECT_EQ(grads[0].item<float>(), 12);
  EXPECT_EQ(grads[1].item<float>(), 4);
  EXPECT_EQ(hooked, 1);
  EXPECT_FALSE(w.grad().defined());
}

TEST(Checkpoint, IsPlainUnderNoGrad) {
  const Variable x(tensor({2}), true);
  const NoGrad guard;
  EXPECT_FALSE(checkpoint([](const Variable& in) { return square(in); }, x).requires_grad());
}

TEST(Checkpoint, NoticesASegmentThatChangesShape) {
  const Variable x(tensor({2, 3}), true);
  int calls = 0;
  const Variable y =
      checkpoint([&calls](const Variable& in) { return ++calls == 1 ? square(in) : sum(in); }, x);
  EXPECT_THROW(sum(y).backward(), AutogradError);
}

TEST(Checkpoint, PassesOnWhatTheSegmentThrowsAndRestoresTheGenerator) {
  const Variable x(tensor({2, 3}), true);
  int calls = 0;
  const Variable y = checkpoint(
      [&calls](const Variable& in) {
        if (++calls == 2) throw std::runtime_error("second run");
        return dropout(in, 0.5);
      },
      x);
  const std::uint64_t offset = default_generator().offset();
  EXPECT_THROW(sum(y).backward(), std::runtime_error);
  EXPECT_EQ(default_generator().offset(), offset);
  EXPECT_TRUE(grad_enabled());
}

}  // namespace
}  // namespace tenon::autograd
