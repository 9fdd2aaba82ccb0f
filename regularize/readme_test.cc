// The example of the README.

#include "tensor/testing/readme.h"

#include "data/data_loader.h"
#include "data/tensor_dataset.h"
#include "gtest/gtest.h"
#include "layers/linear.h"
#include "optim/adam.h"
#include "regularize/regularize.h"
#include "tensor/random.h"
#include "train/fit.h"

namespace tenon {
namespace {

TEST(RegularizeTest, ReadmeExample) {
  layers::Linear net({.in_features = 5, .out_features = 4});
  Generator generator(1);
  const data::TensorDataset set(randn({40, 5}, generator), randint(0, 4, {40}, generator));
  data::DataLoader loader(set, {.batch_size = 8});
  optim::Adam optimizer(net.parameters());

  regularize::ElasticNet penalty(net, {.l1 = 1e-5, .l2 = 1e-4});
  regularize::Masks masks(net);
  regularize::prune_global_l1(masks, 0.8);
  auto history = train::fit(net, loader, optimizer,
                            {.epochs = 3,
                             .loss = regularize::LabelSmoothing{.smoothing = 0.1},
                             .callbacks = {&penalty, &masks}});
  std::string report = regularize::to_string(masks.report());
  masks.remove();

  EXPECT_TRUE(history.ok()) << history.status();
  EXPECT_NE(report.find("  80.00  [4,5]"), std::string::npos) << report;
}

// Every callback in one run.
TEST(RegularizeTest, CallbacksCompose) {
  layers::Linear net({.in_features = 5, .out_features = 4});
  Generator generator(1);
  const data::TensorDataset set(randn({40, 5}, generator), randint(0, 4, {40}, generator));
  data::DataLoader loader(set, {.batch_size = 8});
  optim::Adam optimizer(net.parameters(), {.lr = 0.1});
  regularize::ElasticNet penalty(net, {.l2 = 1e-4});
  regularize::WeightDecay decay(net);
  regularize::GradientNoise noise({.eta = 1e-4});
  regularize::MaxNorm bound(net, {.limit = 0.5});
  regularize::NormLog norms;
  regularize::Masks masks(net);
  regularize::prune_l1(masks, 0.5);
  regularize::WeightAverage average(net);
  auto history = train::fit(
      net, loader, optimizer,
      {.epochs = 4, .callbacks = {&penalty, &decay, &noise, &bound, &masks, &norms, &average}});
  ASSERT_TRUE(history.ok()) << history.status();
  EXPECT_LE(history->back().value("weight_norm"), 0.5 * 2 + 1e-5);  // four rows of at most 0.5
  EXPECT_GT(history->back().value("weight_norm"), 0);
  EXPECT_EQ(masks.sparsity(), 0.5);
  EXPECT_EQ(average.count(), 4);
}

TEST(Readme, ShowsThisCode) {
  tenon::testing::expect_examples_shown("regularize/README.md", "regularize/readme_test.cc");
}

}  // namespace
}  // namespace tenon
