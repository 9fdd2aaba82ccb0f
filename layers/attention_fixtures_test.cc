// Layers of several inputs against PyTorch: embeddings, attention, transformers
// (layers/testdata/make_attention.py).
#include <functional>
#include <memory>

#include "gtest/gtest.h"
#include "layers/internal/fixture.h"
#include "layers/layers.h"

namespace tenon::layers {
namespace {

using internal::expect_near;
using internal::expect_parameter_grads;
using internal::Fixtures;

const Fixtures& fixtures() {
  static const Fixtures kFixtures("attention.safetensors");
  return kFixtures;
}

/// The inputs of a case by name: leaves where they are floating.
class Inputs {
 public:
  Inputs(std::string name, DType dtype) : name_(std::move(name)), dtype_(dtype) {}

  /// Undefined where the case has none such.
  const Variable& operator[](const std::string& input) const {
    const auto found = leaves_.find(input);
    if (found != leaves_.end()) return found->second;
    const Tensor value = fixtures().find(name_ + "/" + input);
    Variable leaf;
    if (value.defined() && is_floating(value.dtype())) {
      leaf = Variable(value.to(dtype_).clone(), true);
    } else if (value.defined()) {
      leaf = Variable(value);
    }
    return leaves_.emplace(input, leaf).first->second;
  }
  void expect_grads() const {
    for (const auto& [input, leaf] : leaves_) {
      if (!leaf.defined() || !leaf.requires_grad()) continue;
      const std::string what = "grad_" + input;
      expect_near(leaf.grad().value(), fixtures()[name_ + "/" + what], what);
    }
  }

 private:
  std::string name_;
  DType dtype_;
  mutable std::map<std::string, Variable> leaves_;
};

struct Case {
  std::string name;
  std::function<std::unique_ptr<Module>()> make;
  std::function<Variable(Module&, const Inputs&)> call;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

template <class Layer>
std::function<std::unique_ptr<Module>()> make(const typename Layer::Options& options) {
  return [options] { return std::make_unique<Layer>(options); };
}

constexpr MultiheadAttentionOptions kAttention{.embed_dim = 6, .num_heads = 2};

Variable embed(Module& module, const Inputs& in) { return module(in["ids"]); }

Variable combine(Module& module, const Inputs& in) {
  return dynamic_cast<Bilinear&>(module)(in["left"], in["right"]);
}

AttentionCall call_of(const Inputs& in) {
  return {.mask = in["seen"].value(), .key_mask = in["present"].value()};
}

Variable attend(Module& module, const Inputs& in) {
  auto& attention = dynamic_cast<MultiheadAttention&>(module);
  if (in["query"].defined()) return attention.forward(in["query"], in["key"], in["value"]);
  const Variable& x = in["x"];
  const Variable memory = in["memory"].defined() ? in["memory"] : x;
  return attention(x, memory, memory, call_of(in));
}

Variable attend_causally(Module& module, const Inputs& in) {
  const Variable& x = in["x"];
  return dynamic_cast<MultiheadAttention&>(module).forward(x, x, x, {.causal = true});
}

Variable encode(Module& module, const Inputs& in) {
  return dynamic_cast<TransformerEncoderLayer&>(module)(in["x"], call_of(in));
}

Variable decode(Module& module, const Inputs& in) {
  return dynamic_cast<TransformerDecoderLayer&>(module)(
      in["x"], in["memory"],
      {.self = {.mask = in["seen"].value()}, .memory = {.key_mask = in["present"].value()}});
}

constexpr TransformerLayerOptions kBlock{
    .d_model = 6, .num_heads = 2, .dim_feedforward = 7, .dropout = 0};

TransformerLayerOptions gelu_first() {
  TransformerLayerOptions options = kBlock;
  options.activation = FeedForwardActivation::kGelu;
  options.norm_first = true;
  return options;
}

/// In evaluation mode, with dropout that must do nothing then.
template <class Layer>
std::unique_ptr<Module> make_eval() {
  TransformerLayerOptions options = kBlock;
  options.dropout = 0.5;
  auto layer = std::make_unique<Layer>(options);
  layer->eval();
  return layer;
}

std::vector<Case> cases() {
  MultiheadAttentionOptions no_bias = kAttention;
  no_bias.bias = false;
  MultiheadAttentionOptions sizes = kAttention;
  sizes.key_dim = 5;
  sizes.value_dim = 4;
  const auto attention = make<MultiheadAttention>(kAttention);
  return {
      {"embedding", make<Embedding>({.num_embeddings = 5, .embedding_dim = 4}), embed},
      {"embedding_padding",
       make<Embedding>({.num_embeddings = 5, .embedding_dim = 4, .padding_index = 3}), embed},
      {"self_attention", attention, attend},
      {"self_attention_no_bias", make<MultiheadAttention>(no_bias), attend},
      {"causal_attention", attention, attend},
      {"causal_attention", attention, attend_causally},
      {"cross_attention", attention, attend},
      {"cross_attention_sizes", make<MultiheadAttention>(sizes), attend},
      {"padded_attention", attention, attend},
      {"encoder", make_eval<TransformerEncoderLayer>, encode},
      {"encoder_training", make<TransformerEncoderLayer>(kBlock), encode},
      {"encoder_gelu_first", make<TransformerEncoderLayer>(gelu_first()), encode},
      {"decoder", make_eval<TransformerDecoderLayer>, decode},
      {"decoder_training", make<TransformerDecoderLayer>(kBlock), decode},
      {"decoder_gelu_first", make<TransformerDecoderLayer>(gelu_first()), decode},
      {"bilinear", make<Bilinear>({.in1_features = 3, .in2_features = 2, .out_features = 4}),
       combine},
      {"bilinear_no_bias",
       make<Bilinear>({.in1_features = 3, .in2_features = 1, .out_features = 1, .bias = false}),
       combine},
  };
}

class AttentionFixtureTest : public testing::TestWithParam<std::tuple<Case, DType>> {};

TEST_P(AttentionFixtureTest, ValuesAndGradients) {
  const auto& [c, dtype] = GetParam();
  const std::unique_ptr<Module> module = c.make();
  module->load_state_dict(fixtures().below(c.name + "/state/"));
  module->to(dtype);
  const Inputs inputs(c.name, dtype);
  const Variable y = c.call(*module, inputs);
  EXPECT_EQ(y.dtype(), dtype);
  expect_near(y.value(), fixtures()[c.name + "/y"], "y");
  y.backward(fixtures()[c.name + "/grad_y"].to(dtype));
  inputs.expect_grads();
  expect_parameter_grads(*module, fixtures().below(c.name + "/grad/"));
}

INSTANTIATE_TEST_SUITE_P(Layers, AttentionFixtureTest,
                         testing::Combine(testing::ValuesIn(cases()),
                                          testing::Values(DType::kF32, DType::kBF16)),
                         [](const auto& info) {
                           return std::get<0>(info.param).name + "_" +
                                  std::string(name(std::get<1>(info.param))) + "_" +
                                  std::to_string(info.index);
                         });

}  // namespace
}  // namespace tenon::layers
