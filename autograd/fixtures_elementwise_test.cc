// Activations, statistics, running sums and order: values and gradients agree with PyTorch's
// (testdata/make_elementwise.py), kinks, bounds and zeros included.
#include <cmath>

#include "autograd/ops.h"
#include "autograd/testing/fixtures.h"
#include "gtest/gtest.h"

namespace tenon::autograd {
namespace {

using testing::In;

Variable steps(const In& in) {
  const Variable& x = in["x"];
  return floor(x) + 2 * ceil(x) + 4 * round(x) + 8 * trunc(x);
}

Variable rests(const In& in) {
  const Variable &a = in["a"], &b = in["b"];
  return fmod(a, b) * remainder(a, select(b, 0, 1)) + remainder(a, 2.5) + floor_divide(a, b);
}

Variable deviation(const In& in) {
  const Variable& x = in["x"];
  return stddev(x, {0, 2}) + sum(slice(stddev(x, {1}, 0), 1, 0, 3));
}

Variable sorted(const In& in) {
  const Variable& x = in["x"];
  const Tensor weights = arange(0, 3).to(x.dtype()).reshape({3, 1});
  return sort(x, 1, /*descending=*/true).first * weights;
}

const testing::Expressions kExpressions = {
    {"leaky_relu", [](const In& in) { return leaky_relu(in["x"], 0.25); }},
    {"elu", [](const In& in) { return elu(in["x"], 1.5); }},
    {"celu", [](const In& in) { return celu(in["x"], 1.5); }},
    {"selu", [](const In& in) { return selu(in["x"]); }},
    {"gelu", [](const In& in) { return gelu(in["x"]); }},
    {"gelu_tanh", [](const In& in) { return gelu_tanh(in["x"]); }},
    {"silu", [](const In& in) { return silu(in["x"]); }},
    {"softplus", [](const In& in) { return softplus(in["x"], 0.5, 5); }},
    {"mish", [](const In& in) { return mish(in["x"]); }},
    {"log_sigmoid", [](const In& in) { return log_sigmoid(in["x"]); }},
    {"clamp", [](const In& in) { return clamp(in["x"], -1, 3); }},
    {"clamp_below", [](const In& in) { return clamp(in["x"], 0); }},
    {"hardtanh", [](const In& in) { return hardtanh(in["x"]); }},
    {"hardsigmoid", [](const In& in) { return hardsigmoid(in["x"]); }},
    {"hardswish", [](const In& in) { return hardswish(in["x"] / 2); }},
    {"tan", [](const In& in) { return tan(in["x"] / 8); }},
    {"circular",
     [](const In& in) { return asin(in["x"] / 26) + acos(in["x"] / 27) * atan(in["x"]); }},
    {"hyperbolic",
     [](const In& in) { return sinh(in["x"] / 8) * cosh(in["x"] / 9) + frac(in["x"]); }},
    {"angles",
     [](const In& in) { return atan2(in["a"], in["b"]) * atan2(select(in["b"], 0, 0), in["a"]); }},
    {"rests", rests},
    {"steps", steps},
    {"prod",
     [](const In& in) {
       return prod(in["x"], {0, 2});
     }},
    {"prod_zeros", [](const In& in) { return prod(in["x"], {1}); }},
    {"variance",
     [](const In& in) {
       return var(in["x"], {0, 2}) + var(in["x"], {}, 0);
     }},
    {"deviation", deviation},
    {"norm",
     [](const In& in) {
       return norm(in["x"], {1, 2});
     }},
    {"norm_1", [](const In& in) { return norm(in["x"], {1}, 1); }},
    {"norm_3",
     [](const In& in) {
       return norm(in["x"], {0, 2}, 3);
     }},
    {"norm_inf", [](const In& in) { return norm(in["x"], {1}, INFINITY); }},
    {"norm_zeros", [](const In& in) { return norm(in["x"], {1}) + stddev(in["x"], {1}); }},
    {"logsumexp",
     [](const In& in) {
       return logsumexp(in["x"], {0, 2});
     }},
    {"cumsum", [](const In& in) { return square(cumsum(in["x"], 1)); }},
    {"sort", sorted},
    {"topk",
     [](const In& in) { return topk(in["x"], 2, 2).first * topk(in["x"], 2, 2, false).first; }},
    {"fused_batch_norm",
     [](const In& in) { return sin(batch_norm(in["x"], in["w"], in["b"], {}, {})); }},
    {"fused_batch_norm_relu",
     [](const In& in) {
       return sin(batch_norm(in["x"], in["w"], in["b"], {}, {}, {}, Activation::kRelu));
     }},
    {"embedded_columns",
     [](const In& in) {
       const Variable ids = in.index("ids").to(in["x"].dtype());
       const std::vector<Variable> parts = {in["x"], ids};
       const std::vector<Variable> tables = {in["soil"], in["place"]};
       return sin(embed_columns(cat(parts, 1), 2, tables));
     }},
    {"fused_group_norm",
     [](const In& in) { return sin(group_norm(in["x"], 2, in["w"], in["b"])); }},
    {"fused_layer_norm",
     [](const In& in) {
       return sin(layer_norm(in["x"], {3, 2}, in["rows"]));
     }},
    {"prelu", [](const In& in) { return square(prelu(in["x"], in["w"])); }},
};

constexpr char kFile[] = "autograd/testdata/elementwise.txt";

TEST(ElementwiseFixtures, AgreeInF64) {
  testing::expect_fixtures(kFile, kExpressions, DType::kF64, 1e-12);
}

TEST(ElementwiseFixtures, AgreeInF32) {
  testing::expect_fixtures(kFile, kExpressions, DType::kF32, 2e-5);
}

}  // namespace
}  // namespace tenon::autograd
