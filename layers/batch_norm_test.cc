#include "layers/batch_norm.h"

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "tensor/ops.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

TEST(BatchNormTest, FrozenStatisticsStayWhileTraining) {
  BatchNorm2d layer({.features = 2});
  layer.eval();
  const Variable x(ones({2, 2, 3, 3}), true);
  layer(x).backward(ones({2, 2, 3, 3}));
  EXPECT_EQ(values(layer.buffers()[0].second), (std::vector<float>{0, 0}));
  EXPECT_EQ(values(layer.buffers()[1].second), (std::vector<float>{1, 1}));
  EXPECT_EQ(layer.buffers()[2].second.item<std::int64_t>(), 0);
  EXPECT_TRUE(layer.parameters()[0].grad().defined());
}

TEST(BatchNormTest, OneValueForEachChannel) {
  BatchNorm2d layer({.features = 2});
  const std::string message = message_of<ShapeError>([&] { layer(ones({1, 2, 1, 1})); });
  EXPECT_NE(message.find("[1,2,1,1]"), std::string::npos) << message;
  layer.eval();
  EXPECT_EQ(to_string(layer(ones({1, 2, 1, 1})).shape()), "[1,2,1,1]");
}

TEST(BatchNormTest, EmptyBatch) {
  BatchNorm2d layer({.features = 2});
  EXPECT_THROW(layer(ones({0, 2, 3, 3})), ShapeError);
  layer.eval();
  EXPECT_EQ(to_string(layer(ones({0, 2, 3, 3})).shape()), "[0,2,3,3]");
}

TEST(BatchNormTest, AStateDictMayLackTheCountOfBatches) {
  BatchNorm1d layer({.features = 2});
  StateDict state = layer.state_dict();
  ASSERT_EQ(state.back().first, "num_batches_tracked");
  state.pop_back();
  EXPECT_TRUE(layer.load_state_dict(state).ok());
  state.pop_back();
  EXPECT_THROW(layer.load_state_dict(state), StateDictError);
}

TEST(BatchNormTest, BadOptionsAndInputs) {
  EXPECT_THROW(BatchNorm2d({.features = 0}), ValueError);
  EXPECT_THROW(BatchNorm2d({.features = 2, .eps = -1}), ValueError);
  EXPECT_THROW(BatchNorm2d({.features = 2, .momentum = 2}), ValueError);
  BatchNorm2d images({.features = 2});
  EXPECT_THROW(images(ones({2, 3, 4, 4})), ShapeError);
  EXPECT_THROW(images(ones({2, 2})), ShapeError);
  BatchNorm1d rows({.features = 2, .affine = false});
  EXPECT_EQ(rows.describe(), "BatchNorm1d(2, not affine)");
  EXPECT_THROW(rows(ones({2, 2, 4, 4})), ShapeError);
  EXPECT_THROW(rows(ones({2})), ShapeError);
}

}  // namespace
}  // namespace tenon::layers
