#include "regularize/masks.h"

#include <string>
#include <vector>

#include "autograd/ops.h"
#include "data/tensor_dataset.h"
#include "gtest/gtest.h"
#include "layers/linear.h"
#include "layers/loss.h"
#include "optim/adam.h"
#include "regularize/pruning.h"
#include "tensor/io/safetensors.h"
#include "tensor/ops.h"
#include "tensor/random.h"
#include "tensor/testing/check.h"
#include "train/fit.h"

namespace tenon::regularize {
namespace {

using layers::Variable;
using tenon::testing::expect_error;
using tenon::testing::expect_identical;

struct Net : layers::Module {
  layers::Linear fc1{this, "fc1", {.in_features = 3, .out_features = 8}};
  layers::Linear fc2{this, "fc2", {.in_features = 8, .out_features = 2}};
  Variable forward(const Variable& x) override { return fc2(fc1(x, Activation::kRelu)); }
};

data::TensorDataset points() {
  Generator generator(1);
  return data::TensorDataset(randn({60, 3}, generator), randint(0, 2, {60}, generator));
}

void train_epochs(Net& net, Masks& masks, int epochs) {
  const data::TensorDataset set = points();
  data::DataLoader loader(set, {.batch_size = 10, .shuffle = true});
  optim::AdamW optimizer(net.parameters(), {.lr = 0.05, .weight_decay = 0.1});
  ASSERT_TRUE(train::fit(net, loader, optimizer, {.epochs = epochs, .callbacks = {&masks}}).ok());
}

std::int64_t zeros_in(const Variable& x) { return sum(eq(x.value(), 0)).item<std::int64_t>(); }

TEST(MasksTest, SurviveTraining) {
  Net net;
  Masks masks(net);
  prune_l1(masks, 0.5);
  const Tensor before = net.fc1.weight().value().clone();
  const Tensor mask = masks.entries()[0].mask.value().clone();
  train_epochs(net, masks, 3);
  expect_identical(masks.entries()[0].mask.value(), mask);
  EXPECT_EQ(zeros_in(net.fc1.weight()), 12);
  EXPECT_EQ(sum(ne(net.fc1.weight().value() * (1 - mask), 0)).item<int>(), 0);
  EXPECT_GT(sum(ne(net.fc1.weight().value(), before)).item<int>(), 6);  // the rest learns
}

// Momentum of weights that moved before they were masked.
TEST(MasksTest, SurviveMomentumFromBefore) {
  Net net;
  optim::Adam optimizer(net.parameters(), {.lr = 0.1});
  const Tensor x = ones({2, 3});
  const Tensor labels = from_vector<std::int64_t>({0, 1});
  layers::cross_entropy(net(x), labels).backward();
  optimizer.step();
  Masks masks(net);
  prune_l1(masks, 0.5);
  optimizer.zero_grad();
  layers::cross_entropy(net(x), labels).backward();
  EXPECT_GE(zeros_in(net.fc1.weight().grad()), 12);  // gradients are masked on their own
  optimizer.step();
  masks.apply();
  EXPECT_EQ(zeros_in(net.fc1.weight()), 12);
}

TEST(MasksTest, SurviveSavingAndLoading) {
  Net net;
  Masks masks(net);
  prune_global_l1(masks, 0.4);
  const std::string path = ::testing::TempDir() + "/masked.safetensors";
  ASSERT_TRUE(write_safetensors(path, {.tensors = net.state_dict(), .metadata = {}}).ok());
  const auto file = read_safetensors(path);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_NE(file->find("fc1.weight_mask"), nullptr);  // PyTorch's name

  Net fresh;
  Masks loaded(fresh);
  fresh.load_state_dict(file->tensors);
  EXPECT_EQ(loaded.sparsity(), masks.sparsity());
  expect_identical(fresh.fc1.weight().value(), net.fc1.weight().value());
  train_epochs(fresh, loaded, 1);
  EXPECT_EQ(zeros_in(fresh.fc1.weight()) + zeros_in(fresh.fc2.weight()), 16);

  Net unmasked;
  EXPECT_THROW(unmasked.load_state_dict(file->tensors), layers::StateDictError);
}

TEST(MasksTest, RemoveMakesThemPermanent) {
  Net net;
  Masks masks(net);
  prune_l1(masks, 0.5);
  masks.remove();
  EXPECT_TRUE(masks.entries().empty());
  EXPECT_TRUE(net.buffers().empty());
  EXPECT_EQ(zeros_in(net.fc1.weight()), 12);
  layers::cross_entropy(net(ones({1, 3})), from_vector<std::int64_t>({0})).backward();
  optim::AdamW(net.parameters(), {.lr = 0.1}).step();
  EXPECT_LT(zeros_in(net.fc2.weight()), 8);  // free to learn again
}

TEST(MasksTest, AreFoundAgainInTheModule) {
  Net net;
  {
    Masks masks(net);
    prune_l1(masks, 0.5);
  }
  const Masks again(net);
  EXPECT_EQ(again.sparsity(), 0.5);
}

TEST(MasksTest, ReportAndTable) {
  Net net;
  Masks masks(net);
  prune_l1(masks, 0.25);
  const std::vector<SparsityRow> report = masks.report();
  ASSERT_EQ(report.size(), 3u);
  EXPECT_EQ(report[0].name, "fc1.weight");
  EXPECT_EQ(report[0].masked, 6);
  EXPECT_EQ(report[2].name, "total");
  EXPECT_EQ(report[2].elements, 40);
  EXPECT_EQ(to_string(report),
            "parameter         masked     elements   percent  shape\n"
            "fc1.weight             6           24     25.00  [8,3]\n"
            "fc2.weight             4           16     25.00  [2,8]\n"
            "total                 10           40     25.00\n");
}

TEST(MasksTest, AnyMaskMaySet) {
  Net net;
  Masks masks(net, "fc2.weight");
  masks.set(0, full({2, 8}, 3));  // anything but 0 keeps
  EXPECT_EQ(masks.sparsity(), 0);
  masks.set(0, zeros({2, 8}, {.dtype = DType::kBool}));
  EXPECT_EQ(masks.sparsity(), 1);
  expect_error<ShapeError>(
      [&] {
        masks.set(0, ones({8, 2}));
      },
      {"[Masks]", "[2,8]", "fc2.weight", "[8,2]"});
  EXPECT_THROW(masks.set(1, ones({2, 8})), IndexError);
  EXPECT_THROW(Masks(net, "fc3.*"), ValueError);
}

}  // namespace
}  // namespace tenon::regularize
