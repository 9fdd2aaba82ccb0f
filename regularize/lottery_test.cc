#include "regularize/lottery.h"

#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "layers/linear.h"
#include "layers/sequential.h"
#include "regularize/pruning.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::regularize {
namespace {

using tenon::testing::expect_identical;

struct Net : layers::Module {
  Net();

  layers::Linear fc1{this, "fc1", {.in_features = 4, .out_features = 5}};
  layers::Linear fc2{this, "fc2", {.in_features = 5, .out_features = 2}};
};

Net::Net() = default;

// Pretends to train: what counts is where the weights go.
void move(Net& net, std::uint64_t seed) {
  Generator generator(seed);
  for (const layers::Variable& parameter : net.parameters()) {
    parameter.value().copy_(randn(parameter.shape(), generator));
  }
}

TEST(LotteryTicketTest, PrunesByTheEndAndRewindsToTheBeginning) {
  Net net;
  Masks masks(net);
  const Tensor first = net.fc1.weight().value().clone();
  const Tensor bias = net.fc1.bias().value().clone();
  LotteryTicket ticket(net, masks);
  move(net, 1);
  const Tensor trained = abs(net.fc1.weight().value()).clone();
  prune_global_l1(masks, 0.4);
  ticket.rewind();
  EXPECT_EQ(masks.report().back().masked, 12);
  const Tensor mask = masks.entries()[0].mask.value();
  expect_identical(net.fc1.weight().value(), first * mask);
  expect_identical(net.fc1.bias().value(), bias);
  // The smallest of the trained weights went, not of the first ones.
  const double largest_masked = max(trained * (1 - mask)).item<double>();
  EXPECT_EQ(sum(lt(trained + (1 - mask) * 1e9, largest_masked)).item<int>(), 0);
  move(net, 2);
  prune_global_l1(masks, 0.5);
  ticket.rewind();
  EXPECT_EQ(masks.report().back().masked, 12 + 9);
}

TEST(LotteryTicketTest, RewindsToEarlyWeights) {
  Net net;
  Masks masks(net);
  LotteryTicket ticket(net, masks);
  move(net, 3);
  ticket.remember();
  const Tensor early = net.fc2.weight().value().clone();
  move(net, 4);
  prune_l1(masks, 0.5);
  ticket.rewind();
  EXPECT_EQ(masks.report()[0].masked, 10);
  EXPECT_EQ(masks.report()[1].masked, 5);
  expect_identical(net.fc2.weight().value(), early * masks.entries()[1].mask.value());
}

TEST(LotteryTicketTest, ControlKeepsTheMasks) {
  Net net;
  Masks masks(net);
  LotteryTicket ticket(net, masks);
  prune_global_l1(masks, 0.4);
  ticket.rewind();
  const auto fresh = std::make_unique<Net>();
  ticket.reinitialize(*fresh);
  expect_identical(net.fc1.weight().value(),
                   fresh->fc1.weight().value() * masks.entries()[0].mask.value());
  EXPECT_THROW(ticket.reinitialize(layers::Linear({.in_features = 4, .out_features = 5})),
               layers::StateDictError);
}

TEST(SearchTicketsTest, TrainsTicketAndControlUnderTheSameMasks) {
  std::vector<double> sparsities;
  std::vector<float> first_weights;
  const auto train = [&](layers::Module& module, Masks& masks) {
    sparsities.push_back(masks.sparsity());
    first_weights.push_back(sum(abs(module.parameters()[0].value())).item<float>());
    move(dynamic_cast<Net&>(module), 7);
    masks.apply();
    return static_cast<double>(sparsities.size());
  };
  manual_seed(1);
  const auto rounds = search_tickets([] { return std::make_unique<Net>(); }, train, {.rounds = 2});
  ASSERT_EQ(rounds.size(), 3u);
  EXPECT_EQ(sparsities, (std::vector<double>{0, 0, 0.2, 0.2, 11.0 / 30, 11.0 / 30}));
  EXPECT_EQ(rounds[1].ticket, 3);
  EXPECT_EQ(rounds[1].control, 4);
  EXPECT_EQ(rounds[2].sparsity, 11.0 / 30);
  EXPECT_LT(first_weights[2], first_weights[0]);  // rewound, with holes
}

TEST(SearchTicketsTest, RewindsToTheWarmWeightsAndWarmsControlsUpToo) {
  const auto first_weight = [](layers::Module& module) {
    return module.parameters()[0].value().clone();
  };
  std::vector<std::string> calls;
  Tensor warm;
  const auto warm_up = [&](layers::Module& module, Masks& masks) {
    calls.push_back(masks.sparsity() > 0 ? "warm up, masked" : "warm up");
    move(dynamic_cast<Net&>(module), 5);
    masks.apply();
    if (calls.size() == 1) warm = first_weight(module);
  };
  const auto train = [&](layers::Module& module, Masks& masks) {
    calls.push_back(masks.sparsity() > 0 ? "train, masked" : "train");
    expect_identical(first_weight(module), warm * masks.entries()[0].mask.value());
    move(dynamic_cast<Net&>(module), 6);
    masks.apply();
    return 0.0;
  };
  search_tickets([] { return std::make_unique<Net>(); }, train, {.rounds = 1, .warm_up = warm_up});
  EXPECT_EQ(calls, (std::vector<std::string>{"warm up", "train", "warm up", "train",
                                             "train, masked", "warm up, masked", "train, masked"}));
}

TEST(SearchTicketsTest, PrunesAsItIsTold) {
  std::vector<std::int64_t> masked;
  Tensor first;
  const auto train = [&](layers::Module& module, Masks& masks) {
    if (!first.defined()) first = module.parameters()[0].value().clone();
    for (const SparsityRow& row : masks.report()) masked.push_back(row.masked);
    if (masked.size() == 9) {  // the first ticket, rewound
      expect_identical(module.parameters()[0].value(), first * masks.entries()[0].mask.value());
    }
    move(dynamic_cast<Net&>(module), 8);
    masks.apply();
    return 0.0;
  };
  search_tickets([] { return std::make_unique<Net>(); }, train,
                 {.rounds = 1, .prune = [](Masks& masks) {
                    prune_l1_each(masks, std::vector<double>{0.5, 0.2});
                  }});
  EXPECT_EQ(masked, (std::vector<std::int64_t>{0, 0, 0, 0, 0, 0, 10, 2, 12, 10, 2, 12}));
}

TEST(SearchTicketsTest, BadArguments) {
  const auto make = [] { return std::make_unique<Net>(); };
  const auto train = [](layers::Module&, Masks&) { return 0.0; };
  EXPECT_THROW(search_tickets(make, train, {.rounds = -1}), ValueError);
  const auto too_much = [](Masks& masks) { prune_l1(masks, 1.5); };
  EXPECT_THROW(search_tickets(make, train, {.prune = too_much}), ValueError);
}

}  // namespace
}  // namespace tenon::regularize
