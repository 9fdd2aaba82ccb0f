// Averages of weights and the statistics that fit them against torch.optim.swa_utils.

#include "regularize/weight_average.h"

#include <cmath>

#include "data/tensor_dataset.h"
#include "gtest/gtest.h"
#include "layers/batch_norm.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "optim/sgd.h"
#include "regularize/internal/fixtures.h"
#include "regularize/stochastic_depth.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "train/fit.h"

namespace tenon::regularize {
namespace {

using internal::expect_near;
using internal::fixture;

void add_layers(layers::Sequential& net) {
  net.add<layers::Linear>({.in_features = 3, .out_features = 4});
  net.add<layers::BatchNorm1d>({.features = 4});
}

// The weights that the fixture's script averages.
void set_weights(const layers::Module& net, int step) {
  int number = 0;
  for (const layers::Variable& parameter : net.parameters()) {
    const Tensor index =
        arange(0, static_cast<double>(parameter.numel()), 1, {.dtype = DType::kF32});
    parameter.value().copy_(sin(index + (number + 2 * step)).reshape(parameter.shape()));
    ++number;
  }
}

TEST(WeightAverageTest, IsPyTorchsSwa) {
  layers::Sequential net;
  add_layers(net);
  WeightAverage average(net);
  EXPECT_THROW(average.apply(), ValueError);
  for (int step = 0; step < 3; ++step) {
    set_weights(net, step);
    average.update();
  }
  EXPECT_EQ(average.count(), 3);
  average.apply();
  const Tensor x = fixture("swa.x");
  const data::TensorDataset set(x, zeros({10}, {.dtype = DType::kI64}));
  data::DataLoader loader(set, {.batch_size = 4});
  update_batch_norm(net, loader);
  for (const auto& [name, value] : net.state_dict()) {
    if (is_floating(value.dtype())) expect_near(value, fixture("swa." + name), name);
  }
  auto& norm = dynamic_cast<layers::BatchNorm&>(net[1]);
  EXPECT_EQ(norm.momentum(), 0.1);
  EXPECT_TRUE(net.training());
}

TEST(WeightAverageTest, AveragesEndsOfEpochs) {
  layers::Linear net({.in_features = 1, .out_features = 1, .bias = false});
  net.weight().value().fill_(0);
  const data::TensorDataset set(ones({1, 1}), zeros({1}, {.dtype = DType::kI64}));
  data::DataLoader loader(set, {.batch_size = 1});
  optim::SGD optimizer(net.parameters(), {.lr = 1});
  WeightAverage average(net, {.first_epoch = 2, .every_epochs = 2});
  // The loss is the output, its gradient 1: the weight is -e after epoch e.
  const auto loss = [](const layers::Variable& y, const Tensor&) { return y; };
  ASSERT_TRUE(
      train::fit(net, loader, optimizer, {.epochs = 7, .loss = loss, .callbacks = {&average}})
          .ok());
  average.apply();
  EXPECT_FLOAT_EQ(net.weight().item<float>(), -(2 + 4 + 6) / 3.0f);

  layers::Linear other({.in_features = 1, .out_features = 1, .bias = false});
  WeightAverage restored(other);
  restored.load_state_dict(average.state_dict());
  EXPECT_EQ(restored.count(), 3);
  restored.apply();
  EXPECT_FLOAT_EQ(other.weight().item<float>(), -4);
  layers::Linear third({.in_features = 2, .out_features = 1, .bias = false});
  WeightAverage misfit(third);
  EXPECT_THROW(misfit.load_state_dict(average.state_dict()), ShapeError);
  EXPECT_THROW(misfit.load_state_dict({}), ValueError);
}

TEST(WeightAverageTest, BadOptions) {
  const layers::Linear net({.in_features = 1, .out_features = 1});
  EXPECT_THROW(WeightAverage(net, {.first_epoch = 0}), ValueError);
  EXPECT_THROW(WeightAverage(net, {.every_epochs = 0}), ValueError);
}

TEST(StochasticDepthTest, DropsRowsOrTheBatch) {
  manual_seed(1);
  StochasticDepth rows({.p = 0.25});
  const Tensor y = rows(ones({4000, 2, 3})).value();
  const Tensor kept = y.slice(1, 0, 1).slice(2, 0, 1);
  EXPECT_EQ(sum(ne(y, kept)).item<int>(), 0);  // a row has one fate
  const double share = sum(ne(kept, 0)).item<double>() / 4000;
  EXPECT_NEAR(share, 0.75, 4 * std::sqrt(0.25 * 0.75 / 4000));
  EXPECT_FLOAT_EQ(max(y).item<float>(), 1 / 0.75f);
  StochasticDepth batch({.p = 0.5, .per_row = false});
  int dropped = 0;
  for (int i = 0; i < 200; ++i) {
    const Tensor z = batch(ones({3, 2})).value();
    const double largest = max(z).item<double>();
    EXPECT_EQ(largest, min(z).item<double>());
    EXPECT_TRUE(largest == 0 || largest == 2);
    dropped += largest == 0;
  }
  EXPECT_NEAR(dropped, 100, 4 * std::sqrt(50));
}

TEST(StochasticDepthTest, Edges) {
  const layers::Variable x(ones({3, 2}));
  StochasticDepth all({.p = 1});
  EXPECT_EQ(max(all(x).value()).item<float>(), 0);
  all.eval();
  EXPECT_TRUE(all(x).same_as(x));
  StochasticDepth none({.p = 0});
  EXPECT_TRUE(none(x).same_as(x));
  EXPECT_THROW(StochasticDepth({.p = 1.1}), ValueError);
  EXPECT_THROW(StochasticDepth({.p = -0.1}), ValueError);
  EXPECT_DOUBLE_EQ(linear_depth(0, 4, 0.5), 0.125);
  EXPECT_DOUBLE_EQ(linear_depth(3, 4, 0.5), 0.5);
  EXPECT_THROW(linear_depth(4, 4, 0.5), ValueError);
}

}  // namespace
}  // namespace tenon::regularize
