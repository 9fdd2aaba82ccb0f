#include "models/mlp_estimator.h"

#include <cmath>
#include <limits>

#include "data/digits.h"
#include "data/split.h"
#include "gtest/gtest.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::models {
namespace {

using tenon::testing::expect_error;
using tenon::testing::expect_identical;

struct Split {
  Tensor x, labels, x_test, labels_test;
};

// Four fifths of the digits to learn from, as the program beside scikit-learn's
// (models/testdata/sklearn_digits.py).
Split digits() {
  const auto all = data::load_digits("data/testdata/digits.csv.gz").value();
  const Tensor x = all.images.to(DType::kF32).flatten(1) / 16.0;
  return {x.slice(0, 0, 1437), all.labels.slice(0, 0, 1437), x.slice(0, 1437),
          all.labels.slice(0, 1437)};
}

// scikit-learn 1.2.1 gets 90.8 to 91.4 % with five seeds (models/testdata/sklearn_digits.py).
TEST(MlpClassifierTest, ReadsDigitsAsWellAsScikitLearn) {
  const Split d = digits();
  MlpClassifier classifier({.seed = 1});
  classifier.fit(d.x, d.labels);
  EXPECT_GT(classifier.score(d.x_test, d.labels_test), 0.903);  // within a point
  EXPECT_LT(classifier.loss_curve().back(), 0.1 * classifier.loss_curve().front());
  const Tensor p = classifier.predict_probabilities(d.x_test);
  EXPECT_EQ(to_string(p.shape()), "[360,10]");
  EXPECT_NEAR(sum(p).item<double>(), 360, 1e-3);
}

// Points right and left of 0.
struct Sides {
  Tensor x = tensor({-1, -0.5, 0.5, 1}).reshape({4, 1});
  Tensor labels = from_vector<std::int64_t>({-7, -7, 40, 40});
};

TEST(MlpClassifierTest, LabelsAreAnyIntegers) {
  const Sides s;
  MlpClassifier classifier({.hidden = {8}, .lr = 0.05});
  classifier.fit(s.x, s.labels);
  EXPECT_EQ(classifier.classes(), (std::vector<std::int64_t>{-7, 40}));
  expect_identical(classifier.predict(s.x), s.labels);
  EXPECT_EQ(classifier.score(s.x, s.labels), 1);
  EXPECT_EQ(classifier.score(s.x, from_vector<std::int64_t>({-7, 40, 40, 40})), 0.75);
}

TEST(MlpClassifierTest, TheSeedDecidesAndTheDefaultGeneratorIsLeftAlone) {
  const Sides s;
  const auto curve = [&](std::uint64_t seed) {
    MlpClassifier classifier({.max_epochs = 5, .seed = seed});
    classifier.fit(s.x, s.labels);
    return classifier.loss_curve();
  };
  manual_seed(9);
  const auto first = curve(1);
  EXPECT_EQ(default_generator().seed(), 9u);
  EXPECT_EQ(default_generator().offset(), 0u);
  EXPECT_EQ(curve(1), first);
  EXPECT_NE(curve(2), first);
}

TEST(MlpClassifierTest, EndsWhenTheLossFallsNoMore) {
  const Sides s;
  MlpClassifier patient({.max_epochs = 50, .tolerance = 1e9, .patience = 3});
  patient.fit(s.x, s.labels);
  EXPECT_EQ(patient.loss_curve().size(), 5u);  // the first, and four in vain
}

TEST(MlpClassifierTest, BadInput) {
  MlpClassifier classifier;
  const Sides s;
  expect_error<ValueError>([&] { classifier.predict(s.x); }, {"[MlpClassifier]", "fit first"});
  EXPECT_THROW(classifier.fit(s.x, s.labels.slice(0, 1)), ShapeError);
  EXPECT_THROW(classifier.fit(s.x.reshape({4}), s.labels), ShapeError);
  EXPECT_THROW(classifier.fit(s.x, s.labels.to(DType::kF32)), DTypeError);
  EXPECT_THROW(classifier.fit(zeros({0, 1}), zeros({0}, {.dtype = DType::kI64})), ValueError);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  expect_error<ValueError>(
      [&] {
        classifier.fit(full({4, 1}, nan), s.labels);
      },
      {"[MlpClassifier::fit]", "nan", "epoch 1"});
}

TEST(MlpClassifierTest, BadOptions) {
  EXPECT_THROW(MlpClassifier({.hidden = {0}}), ValueError);
  EXPECT_THROW(MlpClassifier({.lr = 0}), ValueError);
  EXPECT_THROW(MlpClassifier({.l2 = -1}), ValueError);
  EXPECT_THROW(MlpClassifier({.batch_size = 0}), ValueError);
  EXPECT_THROW(MlpClassifier({.max_epochs = 0}), ValueError);
  expect_error<ValueError>([] { MlpRegressor({.patience = 0}); },
                           {"[MlpRegressor]", "a patience of at least 1"});
}

TEST(MlpRegressorTest, LearnsALine) {
  Generator generator(4);
  const Tensor x = rand({64, 2}, generator);
  const Tensor y = 3 * x.select(1, 0) - 2 * x.select(1, 1) + 1;
  MlpRegressor regressor({.hidden = {16}, .lr = 0.02, .batch_size = 16});
  regressor.fit(x, y);
  EXPECT_EQ(to_string(regressor.predict(x).shape()), "[64]");
  EXPECT_GT(regressor.score(x, y), 0.99);
}

TEST(MlpRegressorTest, ScoreIsR2) {
  MlpRegressor regressor({.hidden = {}, .max_epochs = 1});
  const Tensor x = tensor({0, 1, 2}).reshape({3, 1});
  regressor.fit(x, tensor({{1, 0}, {2, 0}, {3, 1}}));
  // y = (x + 1, 0) by hand: the first column is perfect, the second has error 1 of a spread 2/3.
  regressor.net().parameters()[0].value().copy_(tensor({1, 0}).reshape({2, 1}));
  regressor.net().parameters()[1].value().copy_(tensor({1, 0}));
  EXPECT_NEAR(regressor.score(x, tensor({{1, 0}, {2, 0}, {3, 1}})), (1 + (1 - 1.5)) / 2, 1e-6);
  EXPECT_THROW(regressor.score(x, tensor({1, 2, 3})), ShapeError);
  EXPECT_THROW(regressor.fit(x, zeros({3, 1, 1})), ShapeError);
}

}  // namespace
}  // namespace tenon::models
