// Composite expressions: values and gradients agree with PyTorch's (testdata/make_fixtures.py).
#include "autograd/testing/fixtures.h"

#include "autograd/ops.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using testing::In;

Variable mlp(const In& in) {
  const Variable hidden = linear(in["x"], in["w1"], in["b1"], Activation::kRelu);
  return cross_entropy(linear(hidden, in["w2"], in["b2"]), in.index("labels"));
}

Variable deep_tanh(const In& in) {
  Variable x = in["x"];
  for (int i = 0; i < 4; ++i) x = tanh(matmul(x, in["w"]));
  return x;
}

Variable lenet(const In& in) {
  Variable x = conv2d(in["x"], in["c1"], in["d1"], {.padding = {1, 1}}, Activation::kRelu);
  x = max_pool2d(x);
  x = max_pool2d(conv2d(x, in["c2"], in["d2"], {}, Activation::kRelu));
  return cross_entropy(linear(flatten(x, 1), in["w"], in["b"]), in.index("labels"));
}

Variable grouped_convolution(const In& in) {
  return sigmoid(conv2d(in["x"], in["w"], in["b"],
                        {.stride = {2, 1}, .padding = {1, 2}, .dilation = {1, 2}, .groups = 2}));
}

Variable overlapping_pool(const In& in) {
  return square(max_pool2d(in["x"], {.kernel = {3, 2}, .stride = {2, 1}, .padding = {1, 1}}));
}

Variable attention(const In& in) {
  return matmul(softmax(matmul(in["q"], transpose(in["k"], -2, -1)) / 2, -1), in["v"]);
}

Variable nll_by_gather(const In& in) {
  return -mean(gather(log_softmax(in["x"], 1), 1, in.index("labels").unsqueeze(1)));
}

Variable label_smoothing(const In& in) {
  const Variable losses =
      cross_entropy(in["x"], in.index("labels"), {.reduction = Reduction::kNone});
  return sum(0.9 * losses - 0.1 * mean(log_softmax(in["x"], 1), {1}));
}

Variable normalization(const In& in) {
  const Variable centered = in["x"] - mean(in["x"], {1}, true);
  const Variable variance = mean(square(centered), {1}, true);
  return centered * rsqrt(variance + 1e-5) * in["scale"] + in["shift"];
}

Variable batch_norm(const In& in) {
  const Variable centered = in["x"] - mean(in["x"], {0, 2, 3}, true);
  const Variable variance = mean(square(centered), {0, 2, 3}, true);
  const auto per_channel = [](const Variable& v) { return reshape(v, {1, -1, 1, 1}); };
  return centered / sqrt(variance + 1e-5) * per_channel(in["scale"]) + per_channel(in["shift"]);
}

Variable embedding(const In& in) {
  return exp(matmul(index_select(in["table"], 0, in.index("ids")), in["w"]));
}

Variable broadcasting(const In& in) {
  const Variable &a = in["a"], &b = in["b"], &c = in["c"];
  return a * b / (c * c + 1.5) - abs(a - b) + maximum(a, c) * minimum(b, c);
}

Variable ties(const In& in) {
  const Variable& x = in["x"];
  return max(x, {1}) * 2 + min(x, {1}) + sum(relu(x), {1});
}

Variable powers(const In& in) {
  const Variable &a = in["a"], &b = in["b"];
  return pow(a, b) + pow(a, 3) + log1p(a) * expm1(b) + erf(b);
}

Variable pieces(const In& in) {
  const Variable& x = in["x"];
  const Variable left = slice(x, 1, 0, INT64_MAX, 2), right = slice(x, 1, 1, INT64_MAX, 2);
  const Variable row = slice(expand(select(x, 0, 1), {2, -1}), 1, 0, 3);
  return cat(std::vector<Variable>{left * right, right - left, row}, 1);
}

Variable gradient_penalty(const In& in) {
  const Variable y = sum(square(tanh(matmul(in["x"], in["w"]))));
  const Variable slope = grad({&y, 1}, {&in["x"], 1}, {}, {.create_graph = true})[0];
  return sum(square(sqrt(sum(square(slope), {1})) - 1));
}

Variable normalizations(const In& in) {
  const Variable &x = in["x"], &w = in["w"], &b = in["b"];
  const auto statistic = [&](const char* name) { return in.index(name).to(x.dtype()); };
  Variable y = batch_norm(x, w, b, {}, {}, {.eps = 0.5});
  y = group_norm(sin(y), 2, w, b, 0.5) +
      batch_norm(x, w, b, statistic("m"), statistic("v"), {.training = false});
  return layer_norm(exp(y), {3, 2}, in["rows"], {}, 0.5);
}

Variable cross_entropy_options(const In& in) {
  const Tensor& labels = in.index("labels");
  const Tensor ignored = full({}, -100, {.dtype = DType::kI64});
  const Tensor shown = tenon::where(tenon::ne(in.index("mask"), 0.0), labels, ignored);
  return cross_entropy(
      in["x"], shown,
      {.weight = from_vector<float>({0.5f, 2, 0.25f, 1, 1.5f}), .label_smoothing = 0.25});
}

Variable causal_attention(const In& in) {
  return tanh(
      scaled_dot_product_attention(in["q"], in["k"], in["v"], {}, {.causal = true, .offset = 1}));
}

Variable padded_embedding(const In& in) {
  return tanh(matmul(embedding(in["table"], in.index("ids"), 2), in["w"]));
}

Variable upsampling(const In& in) {
  const Variable y = conv_transpose2d(in["x"], in["w"], in["b"],
                                      {.stride = {2, 3},
                                       .padding = {1, 0},
                                       .output_padding = {1, 2},
                                       .dilation = {1, 2},
                                       .groups = 2});
  return avg_pool2d(sin(y), {.kernel = {3, 2},
                             .stride = {2, 2},
                             .padding = {1, 1},
                             .ceil_mode = true,
                             .count_include_pad = false});
}

Variable pyramid(const In& in) {
  return adaptive_avg_pool2d(exp(in["x"]), {3, 2}) + square(adaptive_max_pool2d(in["x"], {3, 2}));
}

Variable sequence_convolution(const In& in) {
  return square(conv1d(in["x"], in["w"], in["b"],
                       {.stride = 2, .padding = 3, .dilation = 2, .groups = 2}, Activation::kRelu));
}

const testing::Expressions kExpressions = {
    {"mlp", mlp},
    {"deep_tanh", deep_tanh},
    {"lenet", lenet},
    {"grouped_convolution", grouped_convolution},
    {"overlapping_pool", overlapping_pool},
    {"attention", attention},
    {"nll_by_gather", nll_by_gather},
    {"label_smoothing", label_smoothing},
    {"normalization", normalization},
    {"batch_norm", batch_norm},
    {"embedding", embedding},
    {"broadcasting", broadcasting},
    {"ties", ties},
    {"powers", powers},
    {"pieces", pieces},
    {"gradient_penalty", gradient_penalty},
    {"normalizations", normalizations},
    {"cross_entropy_options", cross_entropy_options},
    {"causal_attention", causal_attention},
    {"padded_embedding", padded_embedding},
    {"upsampling", upsampling},
    {"pyramid", pyramid},
    {"sequence_convolution", sequence_convolution},
};

constexpr char kFile[] = "autograd/testdata/expressions.txt";

TEST(Fixtures, AgreeInF64) { testing::expect_fixtures(kFile, kExpressions, DType::kF64, 1e-12); }

TEST(Fixtures, AgreeInF32) { testing::expect_fixtures(kFile, kExpressions, DType::kF32, 2e-5); }

}  // namespace
}  // namespace tenon::autograd
