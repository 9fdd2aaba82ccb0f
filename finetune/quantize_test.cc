#include "finetune/quantize.h"

#include <filesystem>
#include <stdexcept>
#include <utility>
#include <vector>

#include "autograd/autocast.h"
#include "autograd/ops.h"
#include "finetune/lora.h"
#include "finetune/quantized_operator.h"
#include "finetune/testing.h"
#include "layers/sequential.h"
#include "models/lm/loss.h"
#include "tensor/io/safetensors.h"
#include "tensor/io/scratch_file.h"

namespace tenon::finetune {
namespace {

using quant::Format;

struct Sizes {
  std::int64_t rows, in, out;
};

/// Against the product with the numbers that the codes stand for.
void expect_product(const Sizes& size, const quant::Options& options) {
  Generator generator(4);
  const quant::QuantizedTensor w = quant::quantize(randn({size.out, size.in}, generator), options);
  const Variable bias(randn({size.out}, generator), true);
  const Variable x(randn({size.rows, size.in}, generator), true);
  const Tensor upstream = randn({size.rows, size.out}, generator);
  QuantizedOperator op(w);
  const Variable y = op.apply(x, {.bias = bias});
  y.backward(upstream);
  const Tensor dense = quant::dequantize(w);
  EXPECT_LT(relative_error(y.value(), linear(x.value(), dense, bias.value())), 1e-5);
  EXPECT_LT(relative_error(x.grad().value(), matmul(upstream, dense)), 1e-5);
  EXPECT_LT(relative_error(bias.grad().value(), sum(upstream, {0})), 1e-5);
}

TEST(QuantizedOperatorTest, ProductsAndTheirGradients) {
  for (const Format format : {Format::kNf4, Format::kFp4, Format::kInt8}) {
    for (const Sizes& size : {Sizes{1, 128, 70}, {4, 64, 3}, {5, 64, 130}, {33, 96, 40}}) {
      expect_product(size, {.format = format});
    }
  }
  // Several tiles.
  expect_product({3, 4096, 700}, {});
  expect_product({17, 4096, 700}, {.nested = false});
}

/// The loss of a LoRA step under an Autocast on a model that `prepare` changed, and the gradient of
/// its first trained matrix.
template <class F>
std::pair<double, Tensor> adapted_loss(const F& prepare) {
  const auto model = small_model();
  prepare(*model);
  manual_seed(3);
  const Lora lora(*model, {.targets = {.include = {"fc2"}}, .rank = 4, .alpha = 8});
  for (const Variable& p : lora.trainable()) p.set_value(randn(p.shape()) * 0.1);
  const autograd::Autocast scope(DType::kBF16);
  const Variable loss = models::causal_lm_loss(*model, some_tokens());
  loss.backward();
  return {loss.item<double>(), lora.trainable()[0].grad().value()};
}

void expect_rounding_only(const std::pair<double, Tensor>& narrow,
                          const std::pair<double, Tensor>& wide) {
  EXPECT_NEAR(narrow.first, wide.first, 2e-2 * wide.first);
  EXPECT_EQ(narrow.second.dtype(), DType::kF32);
  EXPECT_LT(relative_error(narrow.second, wide.second), 5e-2);
}

TEST(TablesToBf16Test, ChangesAnAutocastStepByRoundingOnly) {
  expect_rounding_only(adapted_loss([](models::CausalLm& model) {
                         quantize_linears(model);
                         tables_to_bf16(model);
                       }),
                       adapted_loss([](models::CausalLm& model) { quantize_linears(model); }));
  const auto model = small_model();
  tables_to_bf16(*model);
  EXPECT_EQ(model->embedding().weight().dtype(), DType::kBF16);
  EXPECT_EQ(model->head().weight().dtype(), DType::kBF16);
  EXPECT_EQ(model->named_parameters().back().second.dtype(), DType::kF32);
}

TEST(LinearsToBf16Test, ChangesAnAutocastStepByRoundingOnly) {
  expect_rounding_only(adapted_loss([](models::CausalLm& model) { linears_to_bf16(model); }),
                       adapted_loss([](models::CausalLm&) {}));
}

TEST(LinearsToBf16Test, LeavesBiasesTheHeadAndQuantizedLayers) {
  const auto model = small_model();
  quantize_linears(*model, {.targets = {.include = {"fc1"}}});
  EXPECT_EQ(linears_to_bf16(*model), 10);
  int narrow = 0;
  for (const auto& [name, parameter] : model->named_parameters()) {
    const bool meant = name.ends_with("_proj.weight") || name.ends_with("fc2.weight");
    EXPECT_EQ(parameter.dtype(), meant ? DType::kBF16 : DType::kF32) << name;
    narrow += meant;
  }
  EXPECT_EQ(narrow, 10);
  EXPECT_EQ(model->head().weight().dtype(), DType::kF32);
}

TEST(QuantizedOperatorTest, LeadingDimensionsAndReLU) {
  Generator generator(5);
  QuantizedOperator op(quant::quantize(randn({6, 64}, generator)));
  const Variable x(randn({2, 3, 64}, generator));
  const Variable y = op.apply(x, {.bias = {}, .activation = Activation::kRelu});
  EXPECT_EQ(to_string(y.shape()), "[2,3,6]");
  EXPECT_LT(relative_error(y.value(), relu(linear(x.value(), op.dense_weight()))), 1e-5);
}

TEST(QuantizedOperatorTest, UnderAutocastItIsABf16Product) {
  Generator generator(6);
  QuantizedOperator op(quant::quantize(randn({40, 128}, generator)));
  const Variable x(randn({9, 128}, generator), true);
  Variable y;
  {
    const autograd::Autocast scope;
    y = op.apply(x, {.bias = {}});
  }
  EXPECT_EQ(y.dtype(), DType::kBF16);
  EXPECT_LT(relative_error(y.value(), linear(x.value(), op.dense_weight())), 0.02);
  autograd::sum(y).backward();
  EXPECT_EQ(x.grad().dtype(), DType::kF32);
}

TEST(QuantizedOperatorTest, TheSecondDerivative) {
  Generator generator(7);
  const auto w = quant::quantize(randn({5, 64}, generator));
  const Variable x(randn({6, 64}, generator), true);
  const Variable y = autograd::sum(autograd::square(quantized_linear(x, w)));
  const Variable dx = autograd::grad({&y, 1}, {&x, 1}, {}, {.create_graph = true})[0];
  const Variable size = autograd::sum(autograd::square(dx));
  const Tensor got = autograd::grad({&size, 1}, {&x, 1})[0].value();
  // x -> 2 x W^T W, so the derivative of its square is 8 x (W^T W)^2.
  const Tensor dense = quant::dequantize(w);
  const Tensor gram = matmul(dense.t(), dense);
  EXPECT_LT(relative_error(got, matmul(matmul(x.value(), gram), gram) * 8), 1e-5);
}

TEST(QuantizedOperatorTest, BadArguments) {
  QuantizedOperator op(quant::quantize(ones({3, 64})));
  EXPECT_THROW(op.apply(Variable(ones({2, 32})), {.bias = {}}), ShapeError);
  EXPECT_THROW(op.apply(Variable(ones({2, 64}, {.dtype = DType::kF64})), {.bias = {}}), DTypeError);
  EXPECT_THROW(QuantizedOperator(quant::quantize(ones({64}))), ShapeError);
  const auto model = small_model();
  quantize_linears(*model);
  model->to(DType::kBF16);
  EXPECT_THROW(logits_of(*model, some_tokens()), DTypeError);
}

TEST(QuantizeTest, TrainingLeavesTheBaseWeightsAsTheyWere) {
  const auto model = small_model();
  EXPECT_EQ(quantize_linears(*model), 12);
  std::vector<std::vector<std::uint8_t>> codes;
  const auto read = [&] {
    codes.clear();
    for (const auto& [name, buffer] : model->buffers()) {
      if (buffer.dtype() == DType::kU8) codes.push_back(buffer.value().to_vector<std::uint8_t>());
    }
  };
  read();
  const auto before = codes;
  models::causal_lm_loss(*model, some_tokens()).backward();
  for (const Variable& parameter : model->parameters()) {
    parameter.value().copy_(parameter.value() + 0.1);
  }
  read();
  EXPECT_EQ(codes, before);
  EXPECT_GE(codes.size(), 24u);
}

TEST(QuantizeTest, SavedAndLoadedTheLogitsAreTheSameBits) {
  for (const quant::Options& options :
       {quant::Options{}, quant::Options{.nested = false}, quant::Options{.format = Format::kFp4},
        quant::Options{.format = Format::kInt8}}) {
    const auto model = small_model();
    quantize_linears(*model, {.quant = options});
    const ScratchFolder folder;
    ASSERT_TRUE(save_quantized_lm(folder.path("m"), *model).ok());
    const auto again = load_quantized_lm(folder.path("m"));
    ASSERT_TRUE(again.ok()) << again.status();
    EXPECT_TRUE(same_bits(logits_of(**again, some_tokens()), logits_of(*model, some_tokens())));
  }
}

// Half a byte a code, a byte for 64 of them, 4 bytes for 64 * 256: 4.127 bits, and 2 kB of tables
// and descriptions a layer.
TEST(QuantizeTest, AFileHas413BitsPerWeight) {
  layers::Sequential net;
  net.add<layers::Linear>({.in_features = 2048, .out_features = 4096, .bias = false});
  quantize_linears(net);
  const ScratchFolder folder;
  ASSERT_TRUE(write_safetensors(folder.path("net"), {.tensors = net.state_dict()}).ok());
  const auto bytes = static_cast<double>(std::filesystem::file_size(folder.path("net")));
  EXPECT_LE(8 * bytes / (2048 * 4096), 4.13);
  EXPECT_GE(8 * bytes / (2048 * 4096), 4);
}

TEST(QuantizeTest, WhileLoadingNoMoreThanALayerIsHeld) {
  const ScratchFolder folder;
  ASSERT_TRUE(models::save_causal_lm(folder.path("m"), *small_model()).ok());
  const auto loaded = models::load_causal_lm(folder.path("m"), {.on_linear = quantizer()});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  const auto model = small_model();
  quantize_linears(*model);
  EXPECT_TRUE(same_bits(logits_of(**loaded, some_tokens()), logits_of(*model, some_tokens())));
}

TEST(QuantizeTest, TargetsAndWhatIsLeftOut) {
  const auto model = small_model();
  EXPECT_EQ(quantize_linears(*model,
                             {.targets = {.include = {"fc1", "fc2"}, .exclude = {"layers.0.fc1"}}}),
            3);
  EXPECT_THROW(quantize_linears(*model, {.targets = {.include = {"c_attn"}}}), ValueError);
  EXPECT_THROW(quantize_linears(*model, {.targets = {.include = {"embed_tokens"}}}), ValueError);
  EXPECT_FALSE(models::save_causal_lm("unused", *model).ok());
  EXPECT_FALSE(save_quantized_lm("unused", *small_model()).ok());
}

class BadStateTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto model = small_model();
    quantize_linears(*model);
    for (const auto& [name, tensor] : model->state_dict()) state_.emplace_back(name, tensor);
  }

  Tensor& at(const std::string& name) {
    for (auto& [own, tensor] : state_) {
      if (own == name) return tensor;
    }
    throw std::out_of_range(name);
  }

  void expect(const std::string& part) const {
    const auto model = small_model();
    const absl::Status status = load_quantized_state(*model, state_);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_NE(message(status).find(part), std::string::npos) << part << " in " << status;
  }

  static Tensor text(const std::string& json) {
    return from_vector(std::vector<std::uint8_t>(json.begin(), json.end()));
  }

  const std::string kLayer = "model.decoder.layers.0.fc1.";
  const std::string kState = kLayer + "weight.quant_state.bitsandbytes__nf4";
  layers::StateDict state_;
};

TEST_F(BadStateTest, Scales) {
  at(kLayer + "weight.absmax") = zeros({3}, {.dtype = DType::kU8});
  expect("weight.absmax");
}

TEST_F(BadStateTest, Codes) {
  at(kLayer + "weight") = zeros({7, 1}, {.dtype = DType::kU8});
  expect("expected 4096 of u8");
}

TEST_F(BadStateTest, AMapOfAnotherFormat) {
  at(kLayer + "weight.quant_map") = quant::codebook(Format::kFp4);
  expect("quant_map");
}

TEST_F(BadStateTest, AShapeThatIsNotTheLayers) {
  at(kState) = text(
      R"({"blocksize": 64, "dtype": "float32", "shape": [64, 128], "nested_blocksize": 256, "nested_offset": 1.5})");
  expect("[128,64]");
}

TEST_F(BadStateTest, Descriptions) {
  for (const char* json :
       {"", "[]", "{}", R"({"blocksize": 48, "dtype": "float32", "shape": [128, 64]})",
        R"({"blocksize": 64, "dtype": "int8", "shape": [128, 64]})",
        R"({"blocksize": 64, "dtype": "float32", "shape": [128]})",
        R"({"blocksize": 64, "dtype": "float32", "shape": [2000000000, 2000000000]})"}) {
    at(kState) = text(json);
    expect(kLayer.substr(0, kLayer.size() - 1));
  }
}

TEST_F(BadStateTest, MissingAndUnexpected) {
  state_.emplace_back("extra", ones({1}));
  expect("extra");
  state_.pop_back();
  state_.erase(state_.begin());
  expect("expected one, got none");
}

}  // namespace
}  // namespace tenon::finetune
