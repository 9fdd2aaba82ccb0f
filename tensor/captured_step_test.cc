// On the CPU, where a captured step is its function; on a GPU: tensor/cuda/captured_step_test.cc.
#include "tensor/captured_step.h"

#include <gtest/gtest.h>

#include "tensor/ops.h"

namespace tenon {
namespace {

std::string message_of(const auto& fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(CapturedStep, RunsTheFunctionAsItIs) {
  int calls = 0;
  CapturedStep step([&](const Tensor& x, const Tensor& y) {
    ++calls;
    return x + y;
  });
  for (int i = 1; i <= 5; ++i) {
    const Tensor sum = step(full({2}, i), ones({2}));
    EXPECT_EQ(sum.to_vector<float>(), (std::vector<float>(2, static_cast<float>(i + 1))));
    EXPECT_EQ(calls, i);
  }
  EXPECT_FALSE(step.captured());
  EXPECT_EQ(step.reason(), "cpu runs every step as it is");
  EXPECT_EQ(step.recordings(), 0);
  EXPECT_EQ(step.replays(), 0);
}

TEST(CapturedStep, TakesFunctionsOfEveryForm) {
  const Tensor one = ones({1});
  int calls = 0;
  CapturedStep nothing([&] { ++calls; });
  EXPECT_FALSE(nothing().defined());
  CapturedStep of_one([](const Tensor& x) { return x; });
  EXPECT_EQ(of_one(one).item<float>(), 1);
  CapturedStep of_four([](const Tensor& a, const Tensor& b, const Tensor& c, const Tensor& d) {
    return a + b + c + d;
  });
  EXPECT_EQ(of_four(one, one, one, one).item<float>(), 4);
  CapturedStep many(
      [](CapturedStep::Inputs in) { return std::vector<Tensor>(in.begin(), in.end()); });
  const Tensor list[] = {one, one * 2, one * 3};
  EXPECT_EQ(many.run(list).size(), 3u);
  EXPECT_EQ(many.run(list)[2].item<float>(), 3);
  EXPECT_EQ(calls, 1);
}

TEST(CapturedStep, TakesAFunctionThatIsWrapped) {
  const CapturedStep::Function fn = [](CapturedStep::Inputs in) {
    return std::vector<Tensor>{in[0] + 1};
  };
  CapturedStep step(fn, {.warmup = 0});
  EXPECT_EQ(step(ones({1})).item<float>(), 2);
  CapturedStep four(
      [](const Tensor& a, const Tensor&, const Tensor&, const Tensor& d) { return a + d; });
  EXPECT_EQ(four(ones({1}), zeros({1}), zeros({1}), ones({1})).item<float>(), 2);
}

TEST(CapturedStep, RefusesAnotherNumberOfInputs) {
  CapturedStep step([](const Tensor& x) { return x; });
  const Tensor one = ones({1});
  EXPECT_THROW(step(one, one), ShapeError);
  EXPECT_NE(message_of([&] { step(one, one); }).find("expected 1 inputs, got 2"),
            std::string::npos);
}

TEST(CapturedStep, RefusesAnUndefinedInputAndBadOptions) {
  CapturedStep step([](const Tensor& x) { return x; });
  EXPECT_NE(message_of([&] { step(Tensor()); }).find("[captured_step]"), std::string::npos);
  EXPECT_THROW(CapturedStep([] {}, {.warmup = -1}), ValueError);
  EXPECT_THROW(CapturedStep([] {}, {.most_recordings = 0}), ValueError);
}

TEST(CapturedStep, LetsTheFunctionsErrorsThrough) {
  int calls = 0;
  CapturedStep step([&](const Tensor& x) {
    ++calls;
    return x.reshape({7});
  });
  for (int i = 1; i <= 4; ++i) {
    EXPECT_THROW(step(ones({2})), ShapeError);
    EXPECT_EQ(calls, i);
  }
}

TEST(CapturedStep, RunsItsPartsOfEachStep) {
  int count = 0;
  CapturedStep step([&] { each_step([&] { ++count; }); });
  for (int i = 0; i < 3; ++i) step();
  EXPECT_EQ(count, 3);
  EXPECT_FALSE(is_recording_step());
}

}  // namespace
}  // namespace tenon
