// Steps of batches that are dealt among threads, against those of the whole batch.
#include "models/internal/shards.h"

#include <cmath>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "optim/adam.h"
#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::models::internal {
namespace {

using layers::Variable;

const MlpOptions kNet{.sizes = {64, 100, 10}};
constexpr std::int64_t kRows = 300;  // three parts of 4.5 million operations

Variable cross_entropy_loss(const Variable& logits, const Tensor& labels) {
  return autograd::cross_entropy(logits, labels);
}

// Large enough that an update is nearly as smooth in the gradient as the gradient itself.
const optim::AdamOptions kAdam{.lr = 1, .eps = 1, .weight_decay = 1e-3};

// Puts the number of threads back.
class ThreeThreads : public ::testing::Test {
 protected:
  ThreeThreads() { cpu::set_max_threads(3); }
  ~ThreeThreads() override { cpu::set_max_threads(before_); }

  const int before_ = cpu::max_threads();
  Generator generator_{5};
  const Tensor x_ = randn({kRows, 64}, generator_);
  const Tensor labels_ = argmax(randn({kRows, 10}, generator_), 1);
  const Tensor order_ = randperm(kRows, generator_);
};

void copy_parameters(const Mlp& from, const Mlp& to) {
  for (std::size_t i = 0; i < from.parameters().size(); ++i) {
    to.parameters()[i].value().copy_(from.parameters()[i].value());
  }
}

TEST_F(ThreeThreads, StepAsTheWholeBatch) {
  Mlp net(kNet), same(kNet);
  copy_parameters(net, same);
  Shards shards(net, kNet, kRows, kAdam);
  ASSERT_EQ(shards.count(), 3);
  optim::Adam adam(same.parameters(), kAdam);
  for (const std::int64_t rows : {kRows, std::int64_t{37}, std::int64_t{1}}) {
    const Tensor mine = order_.slice(0, 0, rows);
    const double got = shards.step(x_, labels_, mine, cross_entropy_loss);
    adam.zero_grad();
    const Variable whole =
        autograd::cross_entropy(same(index_select(x_, 0, mine)), index_select(labels_, 0, mine));
    whole.backward();
    adam.step();
    EXPECT_NEAR(got, whole.item<double>(), 1e-5) << rows;
    for (std::size_t i = 0; i < net.parameters().size(); ++i) {
      const Tensor difference = net.parameters()[i].value() - same.parameters()[i].value();
      EXPECT_LT(max(abs(difference)).item<double>(), 1e-5) << rows << " rows, parameter " << i;
    }
  }
}

TEST_F(ThreeThreads, DoAsOneOrEight) {
  Mlp start(kNet), first(kNet);
  for (const int threads : {3, 1, 8}) {
    cpu::set_max_threads(threads);
    Mlp net(kNet);
    copy_parameters(start, net);
    Shards shards(net, kNet, kRows, kAdam);
    for (int step = 0; step < 5; ++step) shards.step(x_, labels_, order_, cross_entropy_loss);
    if (threads == 3) copy_parameters(net, first);
    for (std::size_t i = 0; i < net.parameters().size(); ++i) {
      testing::expect_identical(net.parameters()[i].value(), first.parameters()[i].value());
    }
  }
}

TEST_F(ThreeThreads, SeeAnUpdateFromOutside) {
  Mlp net(kNet);
  Shards shards(net, kNet, kRows, kAdam);
  for (const Variable& parameter : net.parameters()) parameter.value().fill_(0);
  EXPECT_NEAR(shards.step(x_, labels_, order_, cross_entropy_loss), std::log(10.0), 1e-6);
}

TEST_F(ThreeThreads, PassOnWhatALossThrowsAndUpdateNothing) {
  Mlp net(kNet), before(kNet);
  copy_parameters(net, before);
  Shards shards(net, kNet, kRows, kAdam);
  const auto throws = [](const Variable&, const Tensor&) -> Variable { throw ValueError("no"); };
  EXPECT_THROW(shards.step(x_, labels_, order_, throws), ValueError);
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    testing::expect_identical(net.parameters()[i].value(), before.parameters()[i].value());
  }
}

TEST_F(ThreeThreads, HaveOnePartWhereThereIsLittleToDoOrMuch) {
  const MlpOptions small{.sizes = {4, 8, 2}}, large{.sizes = {784, 512, 10}};
  Mlp few(small), many(large);
  EXPECT_EQ(Shards(few, small, kRows, kAdam).count(), 1);
  EXPECT_EQ(Shards(many, large, kRows, kAdam).count(), 1);
}

}  // namespace
}  // namespace tenon::models::internal
