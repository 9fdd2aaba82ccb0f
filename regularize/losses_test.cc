// Smoothed, mixed and distilled losses against PyTorch's, values and gradients.

#include <functional>
#include <string>

#include "autograd/ops.h"
#include "data/tensor_dataset.h"
#include "gtest/gtest.h"
#include "layers/dropout.h"
#include "layers/linear.h"
#include "optim/sgd.h"
#include "regularize/distillation.h"
#include "regularize/internal/fixtures.h"
#include "regularize/soft_targets.h"
#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon::regularize {
namespace {

using internal::expect_near;
using internal::fixture;
using tenon::testing::expect_error;

void expect_loss(const std::string& name, const std::function<Variable(const Variable&)>& loss) {
  const Variable logits(fixture("logits"), true);
  const Variable value = loss(logits);
  expect_near(value.value(), fixture(name), name);
  value.backward();
  expect_near(logits.grad().value(), fixture(name + ".grad"), name + ".grad");
}

TEST(LabelSmoothingTest, IsPyTorchs) {
  for (const char* smoothing : {"0.0", "0.1", "1.0"}) {
    expect_loss(std::string("smooth_") + smoothing, [&](const Variable& logits) {
      return LabelSmoothing{.smoothing = std::stod(smoothing)}(logits, fixture("labels"));
    });
  }
}

TEST(LabelSmoothingTest, IsThatOfSmoothedTargets) {
  expect_loss("smooth_0.1", [](const Variable& logits) {
    return soft_cross_entropy(logits, smooth_labels(fixture("labels"), 5, 0.1));
  });
  EXPECT_THROW(smooth_labels(fixture("labels"), 5, -0.1), ValueError);
  EXPECT_THROW(smooth_labels(fixture("labels"), 1, 0.1), IndexError);
}

TEST(LabelSmoothingTest, BadArguments) {
  const Variable logits(fixture("logits"));
  expect_error<ValueError>([&] { LabelSmoothing{.smoothing = 1.5}(logits, fixture("labels")); },
                           {"smoothing from 0 to 1", "1.5"});
  EXPECT_THROW(LabelSmoothing{}(Variable(ones({3})), fixture("labels")), ShapeError);
  EXPECT_THROW(LabelSmoothing{}(logits, full({9}, 5, {.dtype = DType::kI64})), IndexError);
}

TEST(MixedLossTest, IsPyTorchs) {
  expect_loss("mixed", [](const Variable& logits) {
    return mixed_loss(logits, fixture("labels"), fixture("other"), fixture("share"));
  });
  expect_loss("smooth_0.0", [](const Variable& logits) {
    return mixed_loss(logits, fixture("labels"), fixture("other"), 1);
  });
  expect_loss("soft", [](const Variable& logits) {
    return soft_cross_entropy(logits, softmax(fixture("teacher"), 1));
  });
  expect_loss("soft", [](const Variable& logits) {
    return SoftCrossEntropy{}(logits, softmax(fixture("teacher"), 1));
  });
  expect_loss("smooth_0.0",
              [](const Variable& logits) { return SoftCrossEntropy{}(logits, fixture("labels")); });
}

TEST(MixedLossTest, BadArguments) {
  const Variable logits(fixture("logits"));
  const Tensor labels = fixture("labels");
  EXPECT_THROW(mixed_loss(logits, labels, labels, 1.01), ValueError);
  EXPECT_THROW(mixed_loss(logits, labels, labels, full({9}, -0.5)), ValueError);
  EXPECT_THROW(mixed_loss(logits, labels, labels, full({4}, 0.5)), ShapeError);
  EXPECT_THROW(mixed_loss(logits, labels, labels.slice(0, 1), 0.5), ShapeError);
  EXPECT_THROW(soft_cross_entropy(logits, ones({9, 4})), ShapeError);
}

TEST(DistillationTest, IsPyTorchs) {
  const struct {
    const char* name;
    DistillationOptions options;
  } kCases[] = {{"distill_1.0_1.0", {.temperature = 1, .alpha = 1}},
                {"distill_4.0_0.9", {.temperature = 4, .alpha = 0.9}},
                {"distill_40.0_0.3", {.temperature = 40, .alpha = 0.3}},
                {"distill_2.0_0.0", {.temperature = 2, .alpha = 0}}};
  for (const auto& one : kCases) {
    expect_loss(one.name, [&](const Variable& logits) {
      return distillation_loss(logits, fixture("teacher"), fixture("labels"), one.options);
    });
  }
}

TEST(DistillationTest, BadArguments) {
  const Variable logits(fixture("logits"));
  const Tensor labels = fixture("labels");
  expect_error<ShapeError>(
      [&] {
        distillation_loss(logits, ones({9, 10}), labels);
      },
      {"[distillation_loss]", "[9,5]", "[9,10]"});
  EXPECT_THROW(distillation_loss(logits, fixture("teacher"), labels, {.temperature = 0}),
               ValueError);
  EXPECT_THROW(distillation_loss(logits, fixture("teacher"), labels, {.alpha = 1.2}), ValueError);
  EXPECT_THROW(distill([](const Tensor& x) { return x; }, {.alpha = -1}), ValueError);
}

struct Classifier : layers::Module {
  layers::Linear fc{this, "fc", {.in_features = 2, .out_features = 3}};
  layers::Dropout dropout{this, "dropout"};
  Variable forward(const Variable& x) override { return dropout(fc(x)); }
};

TEST(DistillationTest, TheStudentComesToSayWhatTheTeacherSays) {
  manual_seed(2);
  Classifier teacher;
  layers::Linear student({.in_features = 2, .out_features = 3});
  Generator generator(1);
  const Tensor x = randn({64, 2}, generator);
  // Labels are noise: with alpha 1 they do not matter.
  const data::TensorDataset set(x, randint(0, 3, {64}, generator));
  data::DataLoader loader(set, {.batch_size = 16});
  optim::SGD optimizer(student.parameters(), {.lr = 1});
  const Tensor before = teacher.fc.weight().value().clone();
  const auto history = train::fit(
      student, loader, optimizer,
      {.epochs = 60, .forward = distill(teacher_of(teacher), {.temperature = 2, .alpha = 1})});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_TRUE(teacher.training());  // put back; its dropout played no part
  teacher.eval();
  expect_near(softmax(student(x).value(), 1), softmax(teacher(x).value(), 1), "student", 0.02);
  EXPECT_FALSE(teacher.fc.weight().grad().defined());
  tenon::testing::expect_identical(teacher.fc.weight().value(), before);
}

}  // namespace
}  // namespace tenon::regularize
