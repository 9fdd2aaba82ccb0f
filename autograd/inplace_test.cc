// Writes in place: derivatives against central differences, and PyTorch's rules for leaves, saved
// values and views.
#include <functional>
#include <string>
#include <vector>

#include "autograd/gradcheck.h"
#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "tensor/random.h"

namespace tenon::autograd {
namespace {

using Numbers = std::vector<float>;

Variable leaf(std::initializer_list<float> values) { return Variable(tensor(values), true); }
Numbers numbers(const Variable& x) { return x.value().to_vector<float>(); }

/// `call` throws an E whose message holds each of `parts`.
template <class E, class Call>
void expect_error(Call call, std::initializer_list<const char*> parts) {
  try {
    call();
    ADD_FAILURE() << "nothing was thrown";
  } catch (const E& error) {
    for (const char* part : parts) {
      EXPECT_NE(std::string(error.what()).find(part), std::string::npos) << error.what();
    }
  }
}

Tensor f64(const Shape& shape, std::uint64_t seed) {
  Generator generator(seed);
  return uniform(shape, 0.5, 2, generator, {.dtype = DType::kF64});
}

using In = std::span<const Variable>;

/// First and second derivatives of what `write` makes of a result y, with argument b.
void check(const char* what, const std::function<void(const Variable& y, const Variable& b)>& write,
           const Shape& shape, const Shape& argument) {
  SCOPED_TRACE(what);
  const auto fn = [&](In x) {
    const Variable y = x[0] * 2;
    const Variable kept = y * 1;  // was computed before, and must not see the write
    write(y, x[1]);
    return square(y) + kept * x[1];
  };
  const std::vector<Tensor> inputs{f64(shape, 1), f64(argument, 2)};
  for (const absl::Status& status : {gradcheck(fn, inputs), gradgradcheck(fn, inputs)}) {
    EXPECT_TRUE(status.ok()) << status;
  }
}

TEST(InPlace, DerivativesAgreeWithDifferences) {
  for (const Shape& argument : {Shape{2, 3}, Shape{3}, Shape{2, 1}, Shape{}}) {
    SCOPED_TRACE(to_string(argument));
    using V = const Variable&;
    check(
        "add_", [](V y, V b) { y.add_(b); }, {2, 3}, argument);
    check(
        "sub_", [](V y, V b) { y.sub_(b); }, {2, 3}, argument);
    check(
        "mul_", [](V y, V b) { y.mul_(b); }, {2, 3}, argument);
    check(
        "div_", [](V y, V b) { y.div_(b); }, {2, 3}, argument);
    check(
        "copy_", [](V y, V b) { y.copy_(b); }, {2, 3}, argument);
    check(
        "numbers", [](V y, V) { y.add_(3).mul_(-2); }, {2, 3}, argument);
    check(
        "one after the other", [](V y, V b) { y.mul_(b).add_(b).div_(b).mul_(exp(b)); }, {2, 3},
        argument);
    check(
        "by a constant",
        [](V y, V) {
          y.mul_(Variable(f64({2, 3}, 3)));
        },
        {2, 3}, argument);
  }
}

TEST(InPlace, ByItself) {
  const auto fn = [](In x) {
    const Variable y = clone(x[0]);
    y.mul_(y);
    y.add_(y);
    return y;
  };
  const std::vector<Tensor> inputs{f64({3}, 1)};
  EXPECT_TRUE(gradcheck(fn, inputs).ok());
  EXPECT_TRUE(gradgradcheck(fn, inputs).ok());
}

TEST(InPlace, FillCutsTheGradient) {
  const Variable x = leaf({1, 2});
  const Variable y = x * 3;
  y.fill_(5);
  EXPECT_EQ(numbers(y), (Numbers{5, 5}));
  sum(y).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{0, 0}));
}

TEST(InPlace, AConstantBecomesAResult) {
  const Variable total(zeros({2})), x = leaf({1, 2});
  total.add_(x * 2).add_(x);
  EXPECT_TRUE(total.requires_grad());
  EXPECT_FALSE(total.is_leaf());
  sum(total).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 3}));
}

TEST(InPlace, OfConstantsOnlyIsNotRecorded) {
  const Variable x(tensor({1, 2}));
  const Variable view = slice(x, 0, 1);
  view.add_(10).mul_(2);
  EXPECT_EQ(numbers(x), (Numbers{1, 24}));
  EXPECT_TRUE(x.is_leaf());
  EXPECT_FALSE(x.requires_grad());
}

TEST(InPlace, LeavesAreWrittenUnderNoGradOnly) {
  const Variable x = leaf({1, 2});
  expect_error<AutogradError>([&] { x.add_(1); }, {"[add_]", "leaf", "f32 [2]", "NoGrad"});
  expect_error<AutogradError>([&] { x.zero_(); }, {"[fill_]", "leaf"});
  expect_error<AutogradError>([&] { x.copy_(x); }, {"[copy_]", "leaf"});
  EXPECT_EQ(numbers(x), (Numbers{1, 2}));
  {
    const NoGrad guard;
    x.mul_(Variable(tensor({3, 4}))).sub_(Variable(tensor({1, 1})));
    EXPECT_EQ(numbers(x), (Numbers{2, 7}));
    x.copy_(Variable(scalar(9)));
  }
  EXPECT_TRUE(x.is_leaf());
  EXPECT_TRUE(x.requires_grad());
  sum(square(x)).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{18, 18}));
}

// The example of PyTorch's documentation of autograd's mechanics, in-place correctness checks.
TEST(InPlace, SavedValuesThatWereWrittenAreErrors) {
  const Variable x = leaf({1, 2});
  const Variable y = exp(x);  // saves its result
  y.add_(1);
  expect_error<AutogradError>([&] { sum(y).backward(); }, {"[exp]", "overwritten", "[2]"});

  const Variable z = x * 2;
  const Variable squares = square(z);  // saves its argument
  z.mul_(3);
  expect_error<AutogradError>([&] { sum(squares).backward(); }, {"[square]", "overwritten"});
}

TEST(InPlace, AWriteUnderNoGradIsNoticedToo) {
  const Variable x = leaf({1, 2}), w = leaf({3, 4});
  const Variable y = x * w;
  {
    const NoGrad guard;
    w.add_(1);
  }
  expect_error<AutogradError>([&] { sum(y).backward(); }, {"[mul]", "overwritten"});
}

TEST(InPlace, AddNeedsNoValues) {
  const Variable x = leaf({1, 2});
  const Variable y = x * 2;
  const Variable z = y + x;
  y.add_(5);  // nobody saved y
  sum(z + y).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{5, 5}));
}

TEST(InPlace, DerivativesThroughViewsAgreeWithDifferences) {
  using V = const Variable&;
  check("a column", [](V y, V b) { slice(y, 1, 1, 2).mul_(b); }, {2, 3}, {2, 1});
  check("turned", [](V y, V b) { transpose(y, 0, 1).div_(transpose(b, 0, 1)); }, {2, 3}, {2, 3});
  check("under another shape", [](V y, V b) { slice(reshape(y, {6}), 0, 1, 6, 2).copy_(b); },
        {2, 3}, {3});
  check("parts",
        [](V y, V b) {
          const std::vector<Variable> parts = split(y, 1, 1);
          parts[0].add_(b);
          parts[2].mul_(parts[0]);
        },
        {2, 3}, {2, 1});
}

TEST(InPlace, AWriteToAViewIsSeenByItsBaseAndTheOtherViews) {
  const Variable x = leaf({1, 2, 3}), w = leaf({5});
  const Variable y = x * 2;
  const Variable head = slice(y, 0, 0, 2), tail = slice(y, 0, 1);
  tail.mul_(w);
  EXPECT_EQ(numbers(y), (Numbers{2, 20, 30}));
  sum(y + sum(head) + sum(tail)).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{8, 70, 40}));
  EXPECT_EQ(numbers(w.grad()), (Numbers{52}));
}

TEST(InPlace, AViewOfAConstantMakesItAResult) {
  const Variable total(zeros({2, 2})), x = leaf({1, 2});
  const Variable row = select(total, 0, 1), other = select(total, 0, 0);
  row.add_(x * 3);
  EXPECT_TRUE(total.requires_grad());
  EXPECT_TRUE(other.requires_grad());
  EXPECT_FALSE(row.is_leaf());
  sum(total).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{3, 3}));
}

TEST(InPlace, AViewsSavedValueThatItsBaseOverwroteIsAnError) {
  const Variable x = leaf({1, 2, 3});
  const Variable y = x * 2;
  const Variable squares = square(slice(y, 0, 1));
  y.add_(1);
  expect_error<AutogradError>([&] { sum(squares).backward(); }, {"[square]", "overwritten"});
}

TEST(InPlace, HooksAndRetainedGradientsFollowAView) {
  const Variable x = leaf({1, 2, 3});
  const Variable y = x * 2;
  const Variable tail = slice(y, 0, 1);
  y.retain_grad();
  tail.retain_grad();
  tail.mul_(3);
  sum(square(tail)).backward();
  EXPECT_EQ(numbers(tail.grad()), (Numbers{24, 36}));
  EXPECT_EQ(numbers(y.grad()), (Numbers{0, 24, 36}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{0, 144, 216}));
}

TEST(InPlace, RefusesViewsOfLeavesAndThoseMadeUnderNoGrad) {
  const Variable x = leaf({1, 2, 3});
  expect_error<AutogradError>([&] { slice(x, 0, 1).mul_(3); }, {"[mul_]", "leaf", "f32 [3]"});
  const Variable y = x * 2;
  const Variable view = [&] {
    const NoGrad guard;
    return slice(y, 0, 1);
  }();
  expect_error<AutogradError>([&] { view.mul_(slice(x, 0, 1)); },
                              {"[mul_]", "f32 [2]", "NoGrad", "clone"});
  const Variable repeated(ones({3}).expand({2, 3}));
  expect_error<ShapeError>([&] { select(repeated, 0, 0).add_(x); }, {"[add_]", "stride 0"});
  EXPECT_EQ(numbers(y), (Numbers{2, 4, 6}));
}

TEST(InPlace, ArgumentsMayLieInTheSameMemory) {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  Variable(x).add_(Variable(x.t()));
  EXPECT_EQ(x.to_vector<float>(), (Numbers{2, 5, 5, 8}));
  Variable(x).copy_(Variable(x.t()));
  EXPECT_EQ(x.to_vector<float>(), (Numbers{2, 5, 5, 8}));
  const Tensor row = tensor({1, 2, 3, 4});
  Variable(row.slice(0, 1)).add_(Variable(row.slice(0, 0, 3)));
  EXPECT_EQ(row.to_vector<float>(), (Numbers{1, 3, 5, 7}));
}

TEST(InPlace, AnyLayoutIsWritten) {
  const Tensor wide = zeros({4, 6});
  Variable(wide.slice(0, 0, 4, 2).slice(1, 1, 6, 2).t()).add_(Variable(tensor({1, 2})));
  EXPECT_EQ(sum(wide).item<float>(), 9);
  EXPECT_EQ(wide.item<float>({2, 3}), 2);
  const Variable images(zeros({2, 3, 2, 2}, {.layout = Layout::kChannelsLast}));
  images.add_(Variable(arange(0, 3, 1, {}).reshape({3, 1, 1}))).mul_(2);
  EXPECT_EQ(images.value().item<float>({1, 2, 1, 0}), 4);
}

TEST(InPlace, AViewOfNothingIsWritten) {
  const Variable x(zeros({3, 0, 2}), true);
  const Variable y = square(x);
  select(y, 0, 2).mul_(2);
  sum(y).backward();
  EXPECT_EQ(x.grad().shape(), Shape({3, 0, 2}));
}

TEST(InPlace, RefusesWhatDoesNotFit) {
  const Variable x(zeros({2, 3})), whole(zeros({2}, {.dtype = DType::kI64}));
  const Variable flags(zeros({2}, {.dtype = DType::kBool}));
  expect_error<ShapeError>([&] { x.add_(Variable(zeros({2, 2}))); }, {"[add_]", "[2,3]", "[2,2]"});
  expect_error<ShapeError>(
      [&] {
        x.mul_(Variable(zeros({4, 2, 3})));
      },
      {"[mul_]", "[2,3]", "[4,2,3]"});
  expect_error<DTypeError>([&] { whole.add_(Variable(zeros({2}))); }, {"[add_]", "i64", "f32"});
  expect_error<DTypeError>([&] { whole.div_(whole); }, {"[div_]", "i64", "quotient"});
  expect_error<DTypeError>([&] { whole.add_(0.5); }, {"[add_]", "whole number", "0.5"});
  expect_error<DTypeError>([&] { flags.add_(whole); }, {"[add_]", "bool", "i64"});
  expect_error<ValueError>([&] { x.add_(Variable()); }, {"[add_]", "undefined"});
  expect_error<ValueError>([&] { x.copy_(Variable()); }, {"[copy_]", "undefined"});
  expect_error<AutogradError>([&] { Variable().add_(x); }, {"[add_]", "defined"});
  expect_error<ShapeError>(
      [&] {
        expand(Variable(zeros({1, 3})), {2, 3}).add_(1);
      },
      {"[add_]", "stride 0 in dim 0", "clone"});
  expect_error<ShapeError>(
      [&] {
        x.masked_fill_(ones({4, 2, 3}).to(DType::kBool), 1);
      },
      {"[masked_fill_]", "[2,3]", "[4,2,3]"});
  expect_error<DTypeError>([&] { x.masked_fill_(ones({3}), 1); }, {"mask", "bool"});
  expect_error<DTypeError>([&] { flags.mul_(2); }, {"[mul_]", "numeric", "bool"});
  whole.add_(Variable(scalar(3, {.dtype = DType::kU8}))).mul_(2);
  EXPECT_EQ(whole.value().to_vector<std::int64_t>(), (std::vector<std::int64_t>{6, 6}));
}

TEST(InPlace, ConvertsTheArgument) {
  const Variable x = leaf({1, 2});
  const Variable low = to(x, DType::kBF16);
  low.mul_(x);
  EXPECT_EQ(low.dtype(), DType::kBF16);
  sum(low).backward();
  EXPECT_EQ(numbers(x.grad()), (Numbers{2, 4}));
}

TEST(RetainGrad, OfAResult) {
  const Variable x = leaf({1, 2});
  const Variable y = x * 3, z = square(y);
  EXPECT_FALSE(y.retains_grad());
  y.retain_grad();
  y.retain_grad();
  EXPECT_TRUE(y.retains_grad());
  sum(z).backward({}, {.retain_graph = true});
  EXPECT_EQ(numbers(y.grad()), (Numbers{6, 12}));
  EXPECT_FALSE(z.grad().defined());
  EXPECT_EQ(numbers(x.grad()), (Numbers{18, 36}));
  sum(z).backward();
  EXPECT_EQ(numbers(y.grad()), (Numbers{12, 24})) << "accumulates as a leaf's";
  y.zero_grad();
  EXPECT_FALSE(y.grad().defined());
}

TEST(RetainGrad, SeesWhatHooksMade) {
  const Variable x = leaf({1}), y = x * 3;
  y.register_hook([](const Variable& grad) { return grad * 10; });
  y.retain_grad();
  y.backward();
  EXPECT_EQ(numbers(y.grad()), Numbers{10});
  EXPECT_EQ(numbers(x.grad()), Numbers{30});
}

TEST(RetainGrad, GradLeavesItAlone) {
  const Variable x = leaf({1}), y = x * 3, z = square(y);
  y.retain_grad();
  EXPECT_EQ(numbers(grad({&z, 1}, {&x, 1})[0]), Numbers{18});
  EXPECT_FALSE(y.grad().defined());
}

TEST(RetainGrad, OfAVariableThatWentAway) {
  const Variable x = leaf({1});
  Variable y = x * 3;
  y.retain_grad();
  const Variable z = square(y);
  y = {};
  z.backward();
  EXPECT_EQ(numbers(x.grad()), Numbers{18});
}

TEST(RetainGrad, FollowsAWrite) {
  const Variable x = leaf({1, 2});
  const Variable y = x * 3;
  y.retain_grad();
  y.mul_(2);
  sum(y * 5).backward();
  EXPECT_EQ(numbers(y.grad()), (Numbers{5, 5}));
  EXPECT_EQ(numbers(x.grad()), (Numbers{30, 30}));
}

TEST(RetainGrad, CanBeDifferentiated) {
  const Variable x = leaf({2});
  const Variable y = x * 3, z = y * y * y;
  y.retain_grad();
  z.backward({}, {.create_graph = true});
  const Variable slope = y.grad();  // 3 y^2
  EXPECT_EQ(numbers(grad({&slope, 1}, {&x, 1})[0]), Numbers{108});
  y.zero_grad();
  x.zero_grad();
}

TEST(RetainGrad, NeedsAGradient) {
  expect_error<AutogradError>([] { Variable(zeros({2})).retain_grad(); }, {"[retain_grad]", "[2]"});
  const Variable x = leaf({1});
  x.retain_grad();
  EXPECT_FALSE(x.retains_grad());
}

}  // namespace
}  // namespace tenon::autograd
