#include "layers/layers.h"

#include <cstdint>

#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "tensor/testing/readme.h"

namespace tenon::layers {
namespace {

// The example of the README.
struct Perceptron : Module {
  Linear hidden{this, "hidden", {.in_features = 64, .out_features = 32}};
  Dropout dropout{this, "dropout", {.p = 0.2}};
  Linear head{this, "head", {.in_features = 32, .out_features = 10}};
  Variable forward(const Variable& x) override {
    return head(dropout(hidden(x, Activation::kRelu)));
  }
};

TEST(LayersTest, ReadmeExample) {
  Perceptron net;
  Variable loss = cross_entropy(net(ones({5, 64})), from_vector<std::int64_t>({0, 1, 2, 3, 4}));
  loss.backward();
  EXPECT_EQ(net.num_parameters(), 2410);
  EXPECT_TRUE(net.hidden.weight().grad().defined());
}

TEST(LayersTest, ReadmeShowsThisExample) {
  tenon::testing::expect_examples_shown("layers/README.md", "layers/layers_test.cc");
}

}  // namespace
}  // namespace tenon::layers
