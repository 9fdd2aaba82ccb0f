#include "layers/module.h"

#include <memory>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "layers/internal/test_util.h"
#include "layers/layers.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using Names = std::vector<std::string>;

template <class List>
Names names(const List& list) {
  Names names;
  for (const auto& entry : list) names.push_back(entry.first);
  return names;
}

struct Block : Module {
  using Module::Module;
  Linear fc{this, "fc", {.in_features = 4, .out_features = 4}};
  Variable scale = parameter("scale", ones({4}));
  Variable count = buffer("count", zeros({1}, {.dtype = DType::kI64}));
  Variable forward(const Variable& x) override { return autograd::relu(fc(x)) * scale; }
};

struct Net : Module {
  using Module::Module;
  Block first{this, "first"};
  Block second{this, "second"};
  Linear head{this, "head", {.in_features = 4, .out_features = 2, .bias = false}};
  Variable forward(const Variable& x) override { return head(second(first(x))); }
};

TEST(ModuleTest, NamesComeInPyTorchsOrder) {
  const Net net;
  EXPECT_EQ(names(net.named_parameters()),
            (Names{"first.scale", "first.fc.weight", "first.fc.bias", "second.scale",
                   "second.fc.weight", "second.fc.bias", "head.weight"}));
  EXPECT_EQ(names(net.buffers()), (Names{"first.count", "second.count"}));
  EXPECT_EQ(names(net.named_children()), (Names{"first", "second", "head"}));
  EXPECT_EQ(names(net.named_modules()),
            (Names{"", "first", "first.fc", "second", "second.fc", "head"}));
  EXPECT_EQ(names(net.state_dict()),
            (Names{"first.scale", "first.count", "first.fc.weight", "first.fc.bias", "second.scale",
                   "second.count", "second.fc.weight", "second.fc.bias", "head.weight"}));
}

TEST(ModuleTest, CountsAndLists) {
  Net net;
  EXPECT_EQ(net.parameters().size(), 7u);
  EXPECT_EQ(net.num_parameters(), 2 * (4 + 16 + 4) + 8);
  net.first.scale.set_requires_grad(false);
  EXPECT_EQ(net.num_parameters(), 56);
  EXPECT_EQ(net.num_parameters(/*trainable_only=*/true), 52);
  for (const Variable& parameter : net.second.parameters()) {
    EXPECT_TRUE(parameter.requires_grad());
    EXPECT_TRUE(parameter.is_leaf());
  }
  EXPECT_FALSE(net.first.count.requires_grad());
}

TEST(ModuleTest, AMemberIsTheParameterItself) {
  Net net;
  net.first.scale.value().fill_(3);
  EXPECT_EQ(net.parameters()[0].value().item<float>({0}), 3);
  EXPECT_TRUE(net.parameters()[0].same_as(net.first.scale));
}

TEST(ModuleTest, ABlockIsTheCompositionOfItsParts) {
  Net net;
  const Variable x(ones({3, 4}));
  const auto by_hand = [&](Block& block, const Variable& in) {
    return autograd::relu(autograd::linear(in, block.fc.weight(), block.fc.bias())) * block.scale;
  };
  const Variable expected = autograd::matmul(by_hand(net.second, by_hand(net.first, x)),
                                             autograd::transpose(net.head.weight(), 0, 1));
  const auto got = net(x).value().to_vector<float>();
  const auto want = expected.value().to_vector<float>();
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_NEAR(got[i], want[i], 1e-6);
}

TEST(ModuleTest, TrainAndEvalReachEveryModule) {
  Net net;
  EXPECT_TRUE(net.second.fc.training());
  net.eval();
  for (const auto& [path, module] : net.named_modules()) EXPECT_FALSE(module->training()) << path;
  net.second.train();
  EXPECT_TRUE(net.second.fc.training());
  EXPECT_FALSE(net.first.training());
}

TEST(ModuleTest, ANewChildStartsInTheParentsMode) {
  Sequential net;
  net.eval();
  EXPECT_FALSE(net.add<Dropout>().training());
}

TEST(ModuleTest, ZeroGradForgetsAll) {
  Net net;
  autograd::sum(net(ones({3, 4}))).backward();
  EXPECT_TRUE(net.head.weight().grad().defined());
  net.zero_grad();
  for (const Variable& parameter : net.parameters()) EXPECT_FALSE(parameter.grad().defined());
}

TEST(ModuleTest, ToConvertsFloatingStateAndGradients) {
  Net net;
  autograd::sum(net(ones({3, 4}))).backward();
  const Variable weight = net.head.weight();
  net.to(DType::kF64);
  EXPECT_EQ(weight.dtype(), DType::kF64);
  EXPECT_EQ(weight.grad().dtype(), DType::kF64);
  EXPECT_EQ(net.first.count.dtype(), DType::kI64);
  EXPECT_TRUE(weight.requires_grad());
  EXPECT_EQ(net(ones({3, 4}, {.dtype = DType::kF64})).dtype(), DType::kF64);
  EXPECT_THROW(net.to(DType::kI32), DTypeError);
}

TEST(ModuleTest, ToADeviceThatIsNotThereLeavesTheModuleAlone) {
  const Device absent{DeviceType::kCuda, 77};
  Net net;
  EXPECT_THROW(net.to(absent), DeviceError);
  for (const auto& [name, value] : net.state_dict()) EXPECT_EQ(value.device(), kCpu) << name;
}

TEST(ModuleTest, PathsGoFromTheRootDown) {
  const Net net;
  EXPECT_EQ(net.path(), "");
  EXPECT_EQ(net.second.fc.path(), "second.fc");
  EXPECT_EQ(net.second.fc.name(), "fc");
}

struct Tied : Module {
  Linear in{this, "in", {.in_features = 3, .out_features = 3}};
  Variable shared = parameter("shared", in.weight());
};

TEST(ModuleTest, ASharedParameterIsListedOnceAndSavedUnderBothNames) {
  const Tied tied;
  EXPECT_EQ(names(tied.named_parameters()), (Names{"shared", "in.bias"}));
  EXPECT_EQ(tied.num_parameters(), 12);
  EXPECT_EQ(names(tied.state_dict()), (Names{"shared", "in.weight", "in.bias"}));
}

TEST(ModuleTest, AChildThatEndsBeforeItsParentIsForgotten) {
  Sequential net;
  net.add<ReLU>();
  { const Linear passing(&net, "passing", {.in_features = 2, .out_features = 2}); }
  EXPECT_EQ(names(net.named_children()), (Names{"0"}));
  EXPECT_NO_THROW(Linear(&net, "passing", {.in_features = 2, .out_features = 2}));
}

TEST(ModuleTest, AChildThatCannotBeMadeIsForgotten) {
  Sequential net;
  EXPECT_THROW(net.add<Linear>({.in_features = 0, .out_features = 2}), ValueError);
  EXPECT_EQ(net.size(), 0);
  EXPECT_TRUE(net.named_children().empty());
}

struct Parent : Module {};

TEST(ModuleTest, BadNamesOfChildren) {
  Parent parent;
  const ReLU taken(&parent, "act");
  EXPECT_EQ(message_of<ValueError>([&] { ReLU(&parent, ""); }),
            "[Parent] expected a name for a part, got an empty one");
  EXPECT_EQ(message_of<ValueError>([&] { ReLU(&parent, "a.b"); }),
            "[Parent] expected a name without dots, got \"a.b\"");
  EXPECT_EQ(message_of<ValueError>([&] { ReLU(&parent, "act"); }),
            "[Parent] expected a new name, but there is already a part \"act\"");
  EXPECT_EQ(names(parent.named_children()), (Names{"act"}));
}

struct Naming : Module {
  explicit Naming(std::string_view name, Tensor value = ones({1})) {
    parameter("w", ones({1}));
    buffer("b", ones({1}));
    parameter(name, std::move(value));
  }
};

TEST(ModuleTest, BadParameters) {
  EXPECT_NO_THROW(Naming("good"));
  EXPECT_THROW(Naming(""), ValueError);
  EXPECT_THROW(Naming("a.b"), ValueError);
  EXPECT_THROW(Naming("w"), ValueError);
  EXPECT_THROW(Naming("b"), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { Naming("v", Tensor()); }),
            "[Naming] expected a value for parameter \"v\", got an undefined one");
  EXPECT_THROW(Naming("v", ones({1}, {.dtype = DType::kI64})), DTypeError);
}

TEST(ModuleTest, AModuleWithoutForwardSaysSo) {
  Parent parent;
  EXPECT_EQ(message_of<Error>([&] { parent(ones({1})); }),
            "[Parent] expected a forward of one Variable, but the class declares none");
}

TEST(ModuleTest, Summary) {
  Sequential net;
  net.add<Conv2d>({.in_channels = 1, .out_channels = 8, .kernel = 3, .padding = 1});
  net.add<ReLU>();
  net.add<Flatten>();
  net.add<Linear>({.in_features = 512, .out_features = 10});
  EXPECT_EQ(net.summary(),
            "layer   kind                                     parameters                  count\n"
            "(root)  Sequential\n"
            "0       Conv2d(1 -> 8, kernel 3x3, padding 1x1)  weight [8,1,3,3], bias [8]     80\n"
            "1       ReLU\n"
            "2       Flatten\n"
            "3       Linear(512 -> 10)                        weight [10,512], bias [10]  5,130\n"
            "5,210 parameters (20.4 KiB), all trainable\n");
}

TEST(ModuleTest, SummaryForAnInput) {
  Sequential net;
  net.add<Conv2d>({.in_channels = 1, .out_channels = 8, .kernel = 3, .padding = 1});
  net.add<ReLU>();
  net.add<Dropout>();
  net.add<Flatten>();
  net.add<Linear>({.in_features = 512, .out_features = 10});
  net[2].eval();
  EXPECT_EQ(
      net.summary({2, 1, 8, 8}),
      "layer   kind                                     output     parameters   FLOPs    bytes\n"
      "(root)  Sequential                               [2,10]                            80 B\n"
      "0       Conv2d(1 -> 8, kernel 3x3, padding 1x1)  [2,8,8,8]          80  18.4 k  4.0 KiB\n"
      "1       ReLU                                     [2,8,8,8]                      4.0 KiB\n"
      "2       Dropout(0.5)                             [2,8,8,8]                      4.0 KiB\n"
      "3       Flatten                                  [2,512]                        4.0 KiB\n"
      "4       Linear(512 -> 10)                        [2,10]          5,130  20.5 k     80 B\n"
      "5,210 parameters (20.4 KiB), all trainable, 38.9 k FLOPs for an input [2,1,8,8]\n");
  EXPECT_TRUE(net.training());  // as it was
  EXPECT_FALSE(net[2].training());
  EXPECT_FALSE(net.has_forward_hooks());
}

TEST(ModuleTest, SummaryLeavesAModuleThatThrowsAsItWas) {
  Linear fc({.in_features = 3, .out_features = 2});
  EXPECT_THROW(fc.summary({1, 4}), ShapeError);
  EXPECT_TRUE(fc.training());
  EXPECT_FALSE(fc.has_forward_hooks());
}

TEST(ModuleTest, FlopsOfProducts) {
  EXPECT_EQ(
      Conv1d({.in_channels = 4, .out_channels = 6, .kernel = 5, .groups = 2}).flops({3, 6, 7}),
      2.0 * 3 * 6 * 7 * 2 * 5);
  // 4 x 5 positions of x, each with 3 -> 2 channels and 3 x 3 taps.
  EXPECT_EQ(ConvTranspose2d({.in_channels = 3, .out_channels = 2, .kernel = 3, .stride = 2})
                .flops({1, 2, 9, 11}),
            2.0 * 4 * 5 * 3 * 2 * 9);
  EXPECT_EQ(MultiheadAttention({.embed_dim = 6, .num_heads = 2}).flops({2, 5, 6}),
            2.0 * 2 * (5 * 6 * 18 + 2 * 5 * 5 * 6));
  EXPECT_EQ(ReLU().flops({3}), 0);
}

TEST(ModuleTest, SummaryCountsWhatIsFrozen) {
  Linear fc({.in_features = 3, .out_features = 1000});
  fc.bias().set_requires_grad(false);
  const std::string summary = fc.summary();
  EXPECT_NE(summary.find("4,000 parameters (15.6 KiB), 3,000 trainable"), std::string::npos)
      << summary;
}

TEST(ModuleTest, ForwardHooksSeeOutputs) {
  Sequential net;
  auto& fc = net.add<Linear>({.in_features = 2, .out_features = 2, .bias = false});
  auto& relu = net.add<ReLU>();
  fc.weight().value().copy_(tensor({{1, 0}, {0, -1}}));
  std::vector<std::vector<float>> seen;
  const auto note = [&](const Variable& y) { seen.push_back(internal::values(y)); };
  const Tensor x = tensor({{3, 5}});
  net(x);
  EXPECT_TRUE(seen.empty());
  const int first = fc.register_forward_hook(note);
  EXPECT_EQ(internal::values(net(x)), (std::vector<float>{3, 0}));
  EXPECT_EQ(seen, (std::vector<std::vector<float>>{{3, -5}}));  // before the ReLU
  const int second = relu.register_forward_hook(note);
  seen.clear();
  net(x);
  EXPECT_EQ(seen, (std::vector<std::vector<float>>{{3, -5}, {3, 0}}));
  fc.remove_forward_hook(first);
  fc.remove_forward_hook(first);
  relu.remove_forward_hook(second);
  EXPECT_FALSE(fc.has_forward_hooks());
  const int kernel = fc.register_forward_hook(note);
  seen.clear();
  fc(x, Activation::kRelu);
  EXPECT_EQ(seen, (std::vector<std::vector<float>>{{3, 0}}));  // the kernel's own activation
  fc.remove_forward_hook(kernel);
  EXPECT_THROW(fc.register_forward_hook({}), ValueError);
}

TEST(ModuleTest, BuffersFromOutside) {
  Linear fc({.in_features = 2, .out_features = 1});
  const Variable mask = fc.attach_buffer("weight_mask", ones({1, 2}));
  EXPECT_EQ(names(fc.state_dict()), (Names{"weight", "bias", "weight_mask"}));
  EXPECT_TRUE(fc.buffers()[0].second.same_as(mask));
  EXPECT_THROW(fc.attach_buffer("weight_mask", ones({1, 2})), ValueError);
  EXPECT_THROW(fc.attach_buffer("other", Tensor()), ValueError);
  fc.detach_buffer("weight_mask");
  EXPECT_TRUE(fc.buffers().empty());
  EXPECT_EQ(message_of<ValueError>([&] { fc.detach_buffer("weight_mask"); }),
            "[Linear] expected the name of a buffer, got \"weight_mask\"");
}

}  // namespace
}  // namespace tenon::layers
