// Loss and gradients of a batch that is dealt among threads, against those of the whole batch.
#include "models/internal/shards.h"

#include <cmath>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"

namespace tenon::models::internal {
namespace {

using layers::Variable;

const MlpOptions kNet{.sizes = {64, 100, 10}};
constexpr std::int64_t kRows = 200;  // three parts of 3 million operations

Variable cross_entropy_loss(const Variable& logits, const Tensor& labels) {
  return autograd::cross_entropy(logits, labels);
}

// Puts the number of threads back.
class ThreeThreads : public ::testing::Test {
 protected:
  ThreeThreads() { cpu::set_max_threads(3); }
  ~ThreeThreads() override { cpu::set_max_threads(before_); }

  const int before_ = cpu::max_threads();
  Generator generator_{5};
  const Tensor x_ = randn({kRows, 64}, generator_);
  const Tensor labels_ = argmax(randn({kRows, 10}, generator_), 1);
};

TEST_F(ThreeThreads, AddUpToTheWholeBatch) {
  Mlp net(kNet), same(kNet);
  for (std::size_t i = 0; i < net.parameters().size(); ++i) {
    same.parameters()[i].value().copy_(net.parameters()[i].value());
  }
  Shards shards(net, kNet, kRows);
  ASSERT_EQ(shards.count(), 3);
  for (const std::int64_t rows : {kRows, std::int64_t{37}, std::int64_t{1}}) {
    const Tensor x = x_.slice(0, 0, rows), labels = labels_.slice(0, 0, rows);
    const double got = shards.backward(x, labels, cross_entropy_loss);
    for (const Variable& parameter : same.parameters()) parameter.zero_grad();
    const Variable whole = autograd::cross_entropy(same(x), labels);
    whole.backward();
    EXPECT_NEAR(got, whole.item<double>(), 1e-6) << rows;
    for (std::size_t i = 0; i < net.parameters().size(); ++i) {
      const Tensor difference =
          net.parameters()[i].grad().value() - same.parameters()[i].grad().value();
      EXPECT_LT(max(abs(difference)).item<double>(), 1e-6) << rows << " rows, parameter " << i;
    }
  }
}

TEST_F(ThreeThreads, SeeAnUpdate) {
  Mlp net(kNet);
  Shards shards(net, kNet, kRows);
  for (const Variable& parameter : net.parameters()) parameter.value().fill_(0);
  EXPECT_NEAR(shards.backward(x_, labels_, cross_entropy_loss), std::log(10.0), 1e-6);
}

TEST_F(ThreeThreads, PassOnWhatALossThrows) {
  Mlp net(kNet);
  Shards shards(net, kNet, kRows);
  const auto throws = [](const Variable&, const Tensor&) -> Variable { throw ValueError("no"); };
  EXPECT_THROW(shards.backward(x_, labels_, throws), ValueError);
}

TEST_F(ThreeThreads, AreOneWhereThereIsLittleToDo) {
  const MlpOptions small{.sizes = {4, 8, 2}}, large{.sizes = {784, 512, 10}};
  Mlp few(small), many(large);
  EXPECT_EQ(Shards(few, small, kRows).count(), 1);
  EXPECT_EQ(Shards(many, large, kRows).count(), 1);
}

}  // namespace
}  // namespace tenon::models::internal
