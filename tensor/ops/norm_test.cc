#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::Array;
using testing::expect_error;
using testing::values;

struct Reference {
  Array y;
  std::vector<double> mean, variance;  // biased
};

/// Per channel of [N,C,..], by loops.
Reference batch_reference(const Array& x, double eps) {
  const auto channels = static_cast<std::size_t>(x.shape[1]);
  Reference r{Array(x.shape), std::vector<double>(channels), std::vector<double>(channels)};
  const double count = static_cast<double>(x.values.size() / channels);
  const auto c = [](const Dims& i) { return static_cast<std::size_t>(i[1]); };
  testing::for_each_index(x.shape, [&](const Dims& i) { r.mean[c(i)] += x.at(i) / count; });
  testing::for_each_index(x.shape, [&](const Dims& i) {
    r.variance[c(i)] += std::pow(x.at(i) - r.mean[c(i)], 2) / count;
  });
  testing::for_each_index(x.shape, [&](const Dims& i) {
    r.y.at(i) = (x.at(i) - r.mean[c(i)]) / std::sqrt(r.variance[c(i)] + eps);
  });
  return r;
}

// Few channels and many, rows and planes longer than a block, counts that no vector divides.
const Shape kShapes[] = {{2, 3},        {70, 3},         {33, 301},     {3, 9001},   {4, 5, 7},
                         {2, 3, 17, 9}, {2, 6, 100, 91}, {9, 16, 5, 5}, {2, 1, 3, 3}};

TEST(BatchNorm, EveryShapeDTypeAndLayout) {
  for (const DType dtype : testing::kFloating) {
    for (const Shape& shape : kShapes) {
      const Tensor x = values(shape, -2, 5, dtype);
      const Reference wanted = batch_reference(Array(x), 1e-5);
      for (const auto& [layout, view] : testing::layouts_of(x)) {
        expect_close(batch_norm(view, {}, {}, {}, {}, {}).y, wanted.y, 8,
                     layout + " " + to_string(shape));
      }
    }
  }
}

TEST(BatchNorm, KeepsDigitsOfNumbersFarFromZero) {
  Tensor x = add(values({512, 3}, -1, 1, DType::kF64), 1000).to(DType::kF32);
  const Reference wanted = batch_reference(Array(x), 1e-5);
  const Normalized got = batch_norm(x, {}, {}, {}, {}, {});
  for (int c = 0; c < 3; ++c) {
    const double variance = std::pow(got.rstd.item<double>({c}), -2) - 1e-5;
    EXPECT_NEAR(variance, wanted.variance[static_cast<std::size_t>(c)], 1e-4);
  }
}

TEST(BatchNorm, UpdatesRunningStatistics) {
  const Tensor x = values({5, 3, 2, 2}, -1, 3);
  const Tensor mean = tensor({1, 2, 3}), variance = tensor({4, 5, 6});
  const Reference wanted = batch_reference(Array(x), 0);
  const BatchNormParams params{.momentum = 0.25};
  batch_norm(x, {}, {}, mean, variance, params);
  for (int c = 0; c < 3; ++c) {
    const auto i = static_cast<std::size_t>(c);
    EXPECT_NEAR(mean.item<double>({c}), 0.75 * (1 + c) + 0.25 * wanted.mean[i], 1e-5);
    EXPECT_NEAR(variance.item<double>({c}), 0.75 * (4 + c) + 0.25 * wanted.variance[i] * 20 / 19,
                1e-5);
  }
  const Tensor before = mean.clone();
  batch_norm(x, {}, {}, mean, variance, {.training = false});
  testing::expect_identical(mean, before);
}

TEST(BatchNorm, ChannelsLastStaysSo) {
  const Tensor x = values({2, 4, 3, 5}).contiguous(Layout::kChannelsLast);
  const Normalized n = batch_norm(x, {}, {}, {}, {}, {});
  EXPECT_TRUE(n.y.is_contiguous(Layout::kChannelsLast));
  EXPECT_TRUE(batch_norm_grad(values(x.shape()), x, {}, n.mean, n.rstd, true)
                  .x.is_contiguous(Layout::kChannelsLast));
}

// The derivatives against sums over all elements, with statistics that are given.
void check_batch_norm_grads(const Shape& shape, DType dtype, Activation activation) {
  const Tensor x = values(shape, -2, 2, dtype), grad = values(shape, -1, 1, dtype, 9);
  const Tensor weight = values({shape[1]}, 0.5, 2, dtype);
  const Normalized n = batch_norm(x, weight, {}, {}, {}, {}, activation);
  const Array a(x), w(weight), normal = batch_reference(a, 1e-5).y;
  const bool relu = activation == Activation::kRelu;
  const Tensor active = relu ? n.y : Tensor();
  Array g(grad);
  testing::for_each_index(shape, [&](const Dims& i) {
    if (relu && normal.at(i) <= 0) g.at(i) = 0;
  });
  Array sums({shape[1]}), products({shape[1]}), expected(shape);
  testing::for_each_index(shape, [&](const Dims& i) {
    sums.at({i[1]}) += g.at(i);
    products.at({i[1]}) += g.at(i) * normal.at(i);
  });
  const double count = static_cast<double>(x.numel() / shape[1]);
  const Array rstd(n.rstd);
  testing::for_each_index(shape, [&](const Dims& i) {
    const Dims c{i[1]};
    expected.at(i) = w.at(c) * rstd.at(c) *
                     (g.at(i) - sums.at(c) / count - normal.at(i) * products.at(c) / count);
  });
  for (const auto& [layout, view] : testing::layouts_of(x)) {
    const NormGrads got = batch_norm_grad(grad, view, weight, n.mean, n.rstd, true, active);
    const std::string what = layout + " " + to_string(shape) + (relu ? " after a ReLU" : "");
    expect_close(got.x, expected, 8, what);
    expect_close(got.weight, products, 8, what);
    expect_close(got.bias, sums, 8, what);
  }
}

TEST(BatchNormGrad, EveryShapeAndLayout) {
  for (const Shape& shape : kShapes) {
    for (const Activation activation : {Activation::kNone, Activation::kRelu}) {
      check_batch_norm_grads(shape, DType::kF64, activation);
    }
  }
  // Small matrices of f32 have kernels of their own: registers of channels, filled and not.
  for (const std::int64_t channels : {1, 5, 8, 16, 18, 24, 32, 45}) {
    for (const Activation activation : {Activation::kNone, Activation::kRelu}) {
      check_batch_norm_grads({13, channels}, DType::kF32, activation);
      check_batch_norm_grads({6, channels}, DType::kF32, activation);
    }
  }
}

TEST(BatchNorm, ReluKeepsNan) {
  const Tensor x = tensor({1, NAN, 3, 4}).reshape({2, 2});
  for (const Activation activation : {Activation::kNone, Activation::kRelu}) {
    const Tensor y = batch_norm(x, {}, {}, {}, {}, {}, activation).y;
    EXPECT_TRUE(std::isnan(y.item<double>({0, 1})));
    EXPECT_FALSE(std::isnan(y.item<double>({0, 0})));
  }
}

// A small matrix, whose kernel updates them itself.
TEST(BatchNorm, UpdatesRunningStatisticsOfEachColumn) {
  const Tensor x = values({9, 19}, -1, 3);
  const Tensor mean = full({19}, 2), variance = full({19}, 4);
  const Reference wanted = batch_reference(Array(x), 0);
  batch_norm(x, {}, {}, mean, variance, {.momentum = 0.25});
  for (int c = 0; c < 19; ++c) {
    const auto i = static_cast<std::size_t>(c);
    EXPECT_NEAR(mean.item<double>({c}), 0.75 * 2 + 0.25 * wanted.mean[i], 1e-5);
    EXPECT_NEAR(variance.item<double>({c}), 0.75 * 4 + 0.25 * wanted.variance[i] * 9 / 8, 1e-5);
  }
}

/// Everything the normalizations compute, on this many threads.
std::vector<Tensor> all_results(int threads) {
  const testing::ThreadScope scope(threads);
  const Tensor x = values({8, 6, 40, 41}), grad = values(x.shape(), -1, 1, DType::kF32, 5);
  std::vector<Tensor> results;
  for (const Layout layout : {Layout::kRowMajor, Layout::kChannelsLast}) {
    const Tensor images = x.contiguous(layout);
    const Normalized n = batch_norm(images, {}, {}, {}, {}, {});
    const NormGrads g = batch_norm_grad(grad, images, {}, n.mean, n.rstd, true);
    for (const Tensor& t : {n.y, g.x, g.weight, g.bias}) results.push_back(t);
  }
  const Tensor rows = x.reshape({-1, 41});
  const Normalized n = layer_norm(rows, {41}, {}, {});
  const NormGrads g = layer_norm_grad(grad.reshape(rows.shape()), rows, {41}, {}, n.mean, n.rstd);
  for (const Tensor& t : {n.y, g.x, g.weight, g.bias}) results.push_back(t);
  return results;
}

TEST(Norm, TheSameBitsForAnyNumberOfThreads) {
  const std::vector<Tensor> one = all_results(1);
  for (const int threads : {2, 3}) {
    const std::vector<Tensor> many = all_results(threads);
    for (std::size_t i = 0; i < one.size(); ++i) testing::expect_identical(many[i], one[i]);
  }
}

TEST(Norm, GradientsRefuseWhatDoesNotFit) {
  const Tensor x = zeros({4, 3}), s = zeros({3}), rows = zeros({4});
  expect_error<ShapeError>(
      [&] {
        batch_norm_grad(zeros({4, 2}), x, {}, s, s, true);
      },
      {"[batch_norm_grad]", "grad", "[4,3]", "[4,2]"});
  expect_error<ShapeError>([&] { batch_norm_grad(x, x, {}, rows, s, true); },
                           {"[batch_norm_grad]", "statistics", "[3]", "[4]"});
  expect_error<DTypeError>([&] { layer_norm_grad(x, x, {3}, {}, rows.to(DType::kF64), rows); },
                           {"[layer_norm_grad]", "f32", "f64"});
  expect_error<ShapeError>([&] { rms_norm_grad(x, x, {3}, {}, s); },
                           {"[rms_norm_grad]", "statistics", "[4]", "[3]"});
  expect_error<ValueError>([&] { group_norm_grad(x, x, 2, {}, rows, rows); },
                           {"[group_norm_grad]", "groups", "3", "2"});
}

}  // namespace
}  // namespace tenon
