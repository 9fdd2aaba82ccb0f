#include "layers/sequential.h"

#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/activation.h"
#include "layers/conv2d.h"
#include "layers/flatten.h"
#include "layers/internal/test_util.h"
#include "layers/linear.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

TEST(SequentialTest, MergingAReluChangesNoBit) {
  manual_seed(21);
  Sequential net;
  auto& conv = net.add<Conv2d>({.in_channels = 3, .out_channels = 5, .kernel = 3, .padding = 1});
  net.add<ReLU>();
  net.add<Flatten>();
  auto& fc = net.add<Linear>({.in_features = 5 * 9 * 7, .out_features = 11});
  net.add<ReLU>();
  Generator generator(1);
  const Tensor images = randn({4, 3, 9, 7}, generator);
  const Tensor grad = randn({4, 11}, generator);
  const auto gradients = [&](const Variable& x, const Variable& y) {
    net.zero_grad();
    y.backward(grad);
    std::vector<std::vector<float>> all = {values(y), values(x.grad())};
    for (const Variable& parameter : net.parameters()) all.push_back(values(parameter.grad()));
    return all;
  };
  const Variable merged(images, true);
  const Variable plain(images, true);
  const Variable y = autograd::relu(fc(autograd::flatten(autograd::relu(conv(plain)), 1)));
  EXPECT_EQ(gradients(merged, net(merged)), gradients(plain, y));
}

TEST(SequentialTest, ReluAfterReluAndReluFirst) {
  Sequential net;
  net.add<ReLU>();
  net.add<Linear>({.in_features = 2, .out_features = 2}).weight().value().fill_(-1);
  net.add<ReLU>();
  net.add<ReLU>();
  net.parameters()[1].value().fill_(1);
  EXPECT_EQ(values(net(tensor({{-5, 0.25}}))), (std::vector<float>{0.75, 0.75}));
}

TEST(SequentialTest, NamesAndAccess) {
  Sequential net;
  net.add<Flatten>();
  auto& head = net.add_named<Linear>("head", {.in_features = 4, .out_features = 2});
  EXPECT_EQ(net.size(), 2);
  EXPECT_EQ(&net[1], &head);
  EXPECT_EQ(net.state_dict()[0].first, "head.weight");
  EXPECT_EQ(message_of<IndexError>([&] { net[2]; }),
            "[Sequential] expected an index below 2, got 2");
  EXPECT_THROW(net[-1], IndexError);
  EXPECT_THROW(net.add_named<ReLU>("head"), ValueError);
  EXPECT_THROW(net.add_named<ReLU>("a.b"), ValueError);
  EXPECT_EQ(net.size(), 2);
}

struct Twice : Module {
  using Module::Module;
  Variable forward(const Variable& x) override { return x + x; }
};

TEST(SequentialTest, TakesModulesOfTheUser) {
  Sequential net;
  net.add<Twice>();
  net.add<Sequential>().add<Twice>();
  EXPECT_EQ(values(net(ones({1}))), (std::vector<float>{4}));
}

TEST(SequentialTest, AGeluAfterALinearIsTheLinears) {
  for (const bool tanh : {false, true}) {
    Sequential net;
    auto& linear = net.add<Linear>({.in_features = 3, .out_features = 8});
    auto& gelu = net.add<GELU>({.tanh = tanh});
    net.add<Linear>({.in_features = 8, .out_features = 2});
    const Variable x(ones({4, 3}), true);
    const Variable merged = net(x);
    gelu.register_forward_hook([](const Variable&) {});
    const Variable apart = net(x);
    EXPECT_EQ(values(merged), values(apart));
    autograd::sum(merged).backward();
    const auto got = values(linear.weight().grad());
    net.zero_grad();
    autograd::sum(apart).backward();
    EXPECT_EQ(got, values(linear.weight().grad()));
  }
}

TEST(SequentialTest, EmptyIsTheIdentity) {
  Sequential net;
  const Variable x(ones({3}));
  EXPECT_TRUE(net(x).same_as(x));
}

}  // namespace
}  // namespace tenon::layers
