#include "layers/linear.h"

#include <cmath>
#include <memory>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "layers/sequential.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

TEST(LinearTest, FirstValuesArePyTorchs) {
  manual_seed(11);
  const Linear fc({.in_features = 64, .out_features = 300});
  internal::expect_default_init(fc.weight(), 1 / 8.0);
  internal::expect_default_init(fc.bias(), 1 / 8.0);
}

TEST(LinearTest, FirstValuesFollowTheSeed) {
  const auto first_values = [](std::uint64_t seed) {
    manual_seed(seed);
    return values(Linear({.in_features = 5, .out_features = 5}).weight());
  };
  EXPECT_EQ(first_values(3), first_values(3));
  EXPECT_NE(first_values(3), first_values(4));
}

TEST(LinearTest, WrongInputsNameTheLayer) {
  Sequential net;
  auto& inner = net.add_named<Sequential>("classifier");
  inner.add<Linear>({.in_features = 400, .out_features = 120});
  EXPECT_EQ(message_of<ShapeError>([&] {
              net(ones({2, 3, 8, 8}));
            }),
            "[Linear] classifier.0: expected x [..,400] (Linear(400 -> 120)), got [2,3,8,8]");
  Linear root({.in_features = 4, .out_features = 2});
  EXPECT_EQ(message_of<ShapeError>([&] { root(ones({3})); }),
            "[Linear] expected x [..,4] (Linear(4 -> 2)), got [3]");
  EXPECT_THROW(root(scalar(1)), ShapeError);
}

TEST(LinearTest, BadOptions) {
  EXPECT_EQ(message_of<ValueError>([] { Linear({.out_features = 3}); }),
            "[Linear] expected in_features and out_features of at least 1, got 0 and 3");
  EXPECT_THROW(Linear({.in_features = 3, .out_features = -1}), ValueError);
}

TEST(LinearTest, AnEmptyBatch) {
  Linear fc({.in_features = 4, .out_features = 2});
  const Variable y = fc(zeros({0, 4}));
  EXPECT_EQ(to_string(y.shape()), "[0,2]");
  autograd::sum(y).backward();
  EXPECT_EQ(values(fc.weight().grad()), std::vector<float>(8, 0));
}

/// W = diag(scale): another way to hold a weight.
class DiagonalOperator : public LinearOperator {
 public:
  explicit DiagonalOperator(std::int64_t size) : scale_(full({size}, 2), true), size_(size) {}
  std::int64_t in_features() const override { return size_; }
  std::int64_t out_features() const override { return size_; }
  Variable apply(const Variable& x, const LinearCall& call) override {
    saw_training = call.training;
    return activate(x * scale_ + call.bias, call.activation);
  }
  NamedVariables parameters() const override { return {{"diagonal.scale", scale_}}; }
  Tensor dense_weight() const override { return eye(size_) * scale_.value(); }
  std::string describe() const override { return "diagonal"; }

  bool saw_training = false;

 private:
  Variable scale_;
  std::int64_t size_;
};

struct OneLayer : Module {
  Linear fc{this, "fc", {.in_features = 3, .out_features = 3}};
};

TEST(LinearTest, TheOperatorCanBeExchangedUnderAModel) {
  OneLayer net;
  net.fc.bias().value().fill_(-3);
  auto diagonal = std::make_unique<DiagonalOperator>(3);
  const DiagonalOperator* seen = diagonal.get();
  const auto dense = net.fc.exchange_operator(std::move(diagonal));
  EXPECT_EQ(values(net.fc(ones({1, 3}))), (std::vector<float>{-1, -1, -1}));
  EXPECT_EQ(values(net.fc(ones({1, 3}), Activation::kRelu)), (std::vector<float>{0, 0, 0}));
  EXPECT_TRUE(seen->saw_training);
  net.eval();
  net.fc(ones({1, 3}));
  EXPECT_FALSE(seen->saw_training);
  const StateDict state = net.state_dict();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_EQ(state[0].first, "fc.diagonal.scale");
  EXPECT_EQ(state[1].first, "fc.bias");
  EXPECT_EQ(net.fc.describe(), "Linear(3 -> 3, diagonal)");
  EXPECT_EQ(message_of<ValueError>([&] { net.fc.weight(); }),
            "[Linear] fc: expected a dense weight, got one that is diagonal");
  EXPECT_EQ(dense->describe(), "dense");
}

TEST(LinearTest, AnOperatorThatDoesNotFitIsRefused) {
  OneLayer net;
  EXPECT_EQ(message_of<ShapeError>(
                [&] { net.fc.exchange_operator(std::make_unique<DiagonalOperator>(4)); }),
            "[Linear] fc: expected an operator of 3 -> 3 features, got 4 -> 4");
  EXPECT_THROW(net.fc.exchange_operator(nullptr), ValueError);
  EXPECT_EQ(net.fc.linear_operator().describe(), "dense");
  EXPECT_THROW(DenseOperator(Variable(ones({3}))), ShapeError);
}

}  // namespace
}  // namespace tenon::layers
