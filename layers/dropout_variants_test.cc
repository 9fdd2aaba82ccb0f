#include "layers/dropout_variants.h"

#include <cmath>

#include "gtest/gtest.h"
#include "layers/drop_connect.h"
#include "layers/internal/fixture.h"
#include "layers/internal/test_util.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::layers {
namespace {

using internal::message_of;
using internal::values;

struct Moments {
  double mean = 0;
  double variance = 0;
};

Moments moments(const std::vector<float>& sample) {
  const auto n = static_cast<double>(sample.size());
  Moments m;
  for (const float v : sample) m.mean += v / n;
  for (const float v : sample) m.variance += (v - m.mean) * (v - m.mean) / n;
  return m;
}

/// What PyTorch makes of kept elements, scale x + shift, and of dropped ones.
struct Affine {
  double scale = 0;
  double shift = 0;
  double dropped = 0;
};

/// From the one case of layers/testdata/make_layers.py: where no gradient flows x was dropped.
Affine pytorch_affine(const std::string& name) {
  static const internal::Fixtures kFixtures("layers.safetensors");
  const auto of = [&](const char* what) { return kFixtures[name + what].to_vector<float>(); };
  const auto x = of("/x"), y = of("/y"), grad_x = of("/grad_x"), grad_y = of("/grad_y");
  Affine affine;
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (grad_x[i] == 0) {
      affine.dropped = y[i];
    } else {
      affine.scale = grad_x[i] / grad_y[i];
      affine.shift = y[i] - affine.scale * x[i];
    }
  }
  return affine;
}

void expect_pytorchs_affine(double p, const std::string& name) {
  const Affine expected = pytorch_affine(name);
  AlphaDropout dropout({.p = p});
  const Variable x(randn({20, 30}), /*requires_grad=*/true);
  const Variable y = dropout(x);
  y.backward(ones({20, 30}));
  const auto in = values(x), out = values(y), grad = values(x.grad());
  for (std::size_t i = 0; i < in.size(); ++i) {
    const bool dropped = grad[i] == 0;
    ASSERT_NEAR(out[i], dropped ? expected.dropped : expected.scale * in[i] + expected.shift, 1e-5);
    ASSERT_NEAR(grad[i], dropped ? 0 : expected.scale, 1e-5);
  }
}

TEST(AlphaDropoutTest, GivesWhatPyTorchGives) {
  manual_seed(3);
  expect_pytorchs_affine(0.1, "alpha_dropout_0.1");
  expect_pytorchs_affine(0.5, "alpha_dropout_0.5");
}

TEST(AlphaDropoutTest, KeepsMeanAndVariance) {
  manual_seed(4);
  for (const double p : {0.05, 0.3, 0.7}) {
    const Moments m = moments(values(AlphaDropout({.p = p})(randn({400, 500}))));
    EXPECT_NEAR(m.mean, 0, 0.01) << p;  // four standard errors
    EXPECT_NEAR(m.variance, 1, 0.02) << p;
  }
}

TEST(GaussianDropoutTest, MultipliesByTheGivenDistribution) {
  manual_seed(5);
  GaussianDropout dropout({.p = 0.2});
  const Variable x(full({400, 500}, 3), /*requires_grad=*/true);
  const Variable y = dropout(x);
  const Moments m = moments(values(y));
  EXPECT_NEAR(m.mean, 3, 4 * 3 * 0.5 / std::sqrt(200000.0));
  EXPECT_NEAR(m.variance, 9 * 0.25, 0.03);  // 0.2 / 0.8
  y.backward(ones({400, 500}));
  const auto out = values(y), grad = values(x.grad());
  for (std::size_t i = 0; i < out.size(); i += 997) ASSERT_NEAR(out[i], 3 * grad[i], 1e-5);
}

template <class Layer>
void expect_identity_and_repetition(const char* described) {
  const Variable x(randn({7, 9}));
  Layer layer({.p = 0.25});
  EXPECT_EQ(layer.describe(), described);
  const Generator saved(default_generator().seed(), default_generator().offset());
  const auto first = values(layer(x));
  EXPECT_NE(values(layer(x)), first);
  default_generator() = saved;
  EXPECT_EQ(values(layer(x)), first);
  layer.eval();
  EXPECT_TRUE(layer(x).same_as(x));
  EXPECT_TRUE(Layer({.p = 0})(x).same_as(x));
  for (const double p : {-0.1, 1.0, std::nan("")}) EXPECT_THROW(Layer({.p = p}), ValueError) << p;
}

TEST(DropoutVariantsTest, IdentityInEvaluationRepetitionBadProbabilities) {
  expect_identity_and_repetition<AlphaDropout>("AlphaDropout(0.25)");
  expect_identity_and_repetition<GaussianDropout>("GaussianDropout(0.25)");
  EXPECT_EQ(message_of<ValueError>([] { AlphaDropout({.p = 2}); }),
            "[AlphaDropout] expected p in [0,1), got 2.000000");
}

TEST(DropoutVariantsTest, BF16StaysBF16) {
  const Tensor x = ones({4, 4}, {.dtype = DType::kBF16});
  EXPECT_EQ(AlphaDropout({.p = 0.5})(x).dtype(), DType::kBF16);
  EXPECT_EQ(GaussianDropout({.p = 0.5})(x).dtype(), DType::kBF16);
}

TEST(DropConnectTest, ComputesWithAMaskedWeight) {
  manual_seed(6);
  DropConnect layer({.in_features = 40, .out_features = 30, .p = 0.25});
  const Variable weight = layer.parameters()[0];
  const Variable y = layer(eye(40));  // [40,30]: W^T and the bias
  y.backward(ones({40, 30}));
  const auto w = values(weight), grad = values(weight.grad()), out = values(y);
  const auto bias = values(layer.bias());
  int dropped = 0;
  for (std::size_t o = 0; o < 30; ++o) {
    for (std::size_t i = 0; i < 40; ++i) {
      const float factor = grad[o * 40 + i];
      ASSERT_TRUE(factor == 0 || std::abs(factor - 4 / 3.0f) < 1e-6f) << factor;
      ASSERT_NEAR(out[i * 30 + o], factor * w[o * 40 + i] + bias[o], 1e-6);
      dropped += factor == 0;
    }
  }
  EXPECT_NEAR(dropped, 300, 60);  // four deviations of binomial(1200, 0.25)
}

TEST(DropConnectTest, EvaluatesAsTheLinearOfTheSameState) {
  manual_seed(7);
  Linear plain({.in_features = 5, .out_features = 3});
  DropConnect dropping({.in_features = 5, .out_features = 3});
  dropping.load_state_dict(plain.state_dict());
  const Variable x(randn({4, 5}));
  EXPECT_NE(values(dropping(x)), values(plain(x)));
  dropping.eval();
  EXPECT_EQ(values(dropping(x)), values(plain(x)));
  EXPECT_EQ(dropping.describe(), "Linear(5 -> 3, dropped 0.5)");
}

TEST(DropConnectTest, OfAFinishedLayer) {
  Linear layer({.in_features = 5, .out_features = 3, .bias = false});
  const Variable weight = layer.weight();
  drop_connect(layer, {.p = 0.1});
  EXPECT_TRUE(layer.parameters()[0].same_as(weight));
  EXPECT_EQ(values(layer(zeros({2, 5}))), std::vector<float>(6, 0));
  EXPECT_THROW(drop_connect(layer), ValueError);  // its weight is not dense any more
  EXPECT_THROW(layer(zeros({2, 4})), ShapeError);
}

TEST(DropConnectTest, BadOptions) {
  EXPECT_EQ(
      message_of<ValueError>([] { DropConnect({.in_features = 2, .out_features = 2, .p = 1}); }),
      "[DropConnect] expected p in [0,1), got 1.000000");
  EXPECT_THROW(DropConnect({.in_features = 0, .out_features = 2}), ValueError);
  EXPECT_THROW(DropConnectOperator(Variable(ones({3})), {}), ShapeError);
}

}  // namespace
}  // namespace tenon::layers
