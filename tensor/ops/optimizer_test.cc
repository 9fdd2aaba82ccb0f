// The fused updates against a loop in double, over lists of tensors whose sizes leave tails.
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
using Tensors = std::vector<Tensor>;

const Shape kShapes[] = {{1}, {3, 5}, {17}, {64, 1}, {2, 3, 4, 5}, {}, {0, 3}, {300, 301}};

Tensors some(DType dtype, double low, double high, std::uint64_t seed) {
  Tensors tensors;
  for (const Shape& shape : kShapes) tensors.push_back(values(shape, low, high, dtype, seed++));
  // A tensor that begins in the middle of a vector register.
  tensors.push_back(values({40}, low, high, dtype, seed).slice(0, 3));
  return tensors;
}

/// torch.optim.SGD, as its documentation defines it.
void sgd_reference(Array& parameter, const Array& grad, Array& buffer, const SgdStep& s) {
  for (std::size_t i = 0; i < parameter.values.size(); ++i) {
    double g = grad.values[i] + s.weight_decay * parameter.values[i];
    if (s.momentum != 0) {
      double& b = buffer.values[i];
      b = s.first ? g : s.momentum * b + (1 - s.dampening) * g;
      g = s.nesterov ? g + s.momentum * b : b;
    }
    parameter.values[i] -= s.lr * g;
  }
}

/// Kingma & Ba 2015, algorithm 1; weight decay as torch.optim.Adam and AdamW define it.
void adam_reference(Array& parameter, const Array& grad, Array& first, Array& second,
                    const AdamStep& s) {
  for (std::size_t i = 0; i < parameter.values.size(); ++i) {
    double& p = parameter.values[i];
    double g = grad.values[i];
    if (s.decoupled) {
      p -= s.lr * s.weight_decay * p;
    } else {
      g += s.weight_decay * p;
    }
    double& m = first.values[i];
    double& v = second.values[i];
    m = s.beta1 * m + (1 - s.beta1) * g;
    v = s.beta2 * v + (1 - s.beta2) * g * g;
    const auto t = static_cast<double>(s.step);
    const double m_hat = m / (1 - std::pow(s.beta1, t)), v_hat = v / (1 - std::pow(s.beta2, t));
    p -= s.lr * m_hat / (std::sqrt(v_hat) + s.eps);
  }
}

TEST(Sgd, EveryVariantAgainstALoop) {
  const SgdStep variants[] = {
      {.lr = 0.1},
      {.lr = 0.1, .weight_decay = 0.01},
      {.lr = 0.1, .momentum = 0.9},
      {.lr = 0.1, .momentum = 0.9, .first = true},
      {.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01},
      {.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .first = true},
      {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true},
      {.lr = 0.1, .momentum = 0.9, .nesterov = true, .first = true},
  };
  for (const DType dtype : testing::kFloating) {
    for (const SgdStep& step : variants) {
      const Tensors parameters = some(dtype, -1, 1, 1), grads = some(dtype, -1, 1, 50);
      const Tensors buffers = some(dtype, -1, 1, 90);
      std::vector<Array> expected, expected_buffers;
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        expected.emplace_back(parameters[i]);
        expected_buffers.emplace_back(buffers[i]);
        sgd_reference(expected[i], Array(grads[i]), expected_buffers[i], step);
      }
      sgd_(parameters, grads, step.momentum != 0 ? buffers : Tensors(), step);
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        expect_close(parameters[i], expected[i]);
        expect_close(buffers[i], expected_buffers[i]);
      }
    }
  }
}

TEST(Adam, EveryVariantAgainstALoop) {
  const AdamStep variants[] = {
      {.lr = 0.01},
      {.lr = 0.01, .step = 1000},
      {.lr = 0.01, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3, .step = 3},
      {.lr = 0.01, .weight_decay = 0.1, .step = 2},
      {.lr = 0.01, .weight_decay = 0.1, .decoupled = true, .step = 2},
      {.lr = 0.01, .beta1 = 0, .step = 2},
  };
  for (const DType dtype : testing::kFloating) {
    for (const AdamStep& step : variants) {
      const Tensors parameters = some(dtype, -1, 1, 1), grads = some(dtype, -1, 1, 50);
      const Tensors first = some(dtype, -0.1, 0.1, 90), second = some(dtype, 0.01, 0.1, 120);
      std::vector<Array> expected, m, v;
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        expected.emplace_back(parameters[i]);
        m.emplace_back(first[i]);
        v.emplace_back(second[i]);
        adam_reference(expected[i], Array(grads[i]), m[i], v[i], step);
      }
      adam_(parameters, grads, first, second, step);
      for (std::size_t i = 0; i < parameters.size(); ++i) {
        expect_close(parameters[i], expected[i]);
        expect_close(first[i], m[i]);
        expect_close(second[i], v[i]);
      }
    }
  }
}

TEST(Optimizers, TheSameBitsOnAnyNumberOfThreads) {
  const auto run = [](int threads) {
    const testing::ThreadScope scope(threads);
    const Tensors parameters = some(DType::kF32, -1, 1, 1), grads = some(DType::kF32, -1, 1, 50);
    const Tensors first = some(DType::kF32, -1, 1, 90), second = some(DType::kF32, 0.1, 1, 120);
    adam_(parameters, grads, first, second, {});
    sgd_(parameters, grads, first, {.lr = 0.1, .momentum = 0.9, .weight_decay = 0.1});
    return parameters;
  };
  const Tensors expected = run(1);
  for (const int threads : {2, 3}) {
    const Tensors got = run(threads);
    for (std::size_t i = 0; i < got.size(); ++i) testing::expect_identical(got[i], expected[i]);
  }
}

TEST(Optimizers, TakeGradientsInAnyMemoryOrder) {
  const Tensor start = values({4, 3, 5, 5}), grad = values({4, 3, 5, 5}, -1, 1, DType::kF32, 2);
  for (const Layout order : {Layout::kRowMajor, Layout::kChannelsLast}) {
    for (const auto& [layout, view] : testing::layouts_of(grad)) {
      const Tensor plain = start.clone(), parameter = start.clone().contiguous(order);
      sgd_(Tensors{plain}, Tensors{grad}, {}, {.lr = 0.5});
      sgd_(Tensors{parameter}, Tensors{view}, {}, {.lr = 0.5});
      testing::expect_identical(parameter, plain, layout);
    }
  }
}

TEST(Optimizers, TakeParametersOfDifferentDTypes) {
  const Tensors parameters{ones({3}), ones({3}, {.dtype = DType::kBF16}),
                           ones({3}, {.dtype = DType::kF64})};
  sgd_(parameters, parameters, {}, {.lr = 0.5});
  for (const Tensor& parameter : parameters) expect_close(parameter, Array({3}, 0.5), 0);
}

TEST(Optimizers, WritesBumpTheVersion) {
  const Tensor parameter = ones({3});
  const std::uint32_t before = parameter.storage()->version();
  sgd_(Tensors{parameter}, Tensors{ones({3})}, {}, {.lr = 1});
  adam_(Tensors{parameter}, Tensors{ones({3})}, Tensors{zeros({3})}, Tensors{zeros({3})}, {});
  EXPECT_EQ(parameter.storage()->version(), before + 2);
}

TEST(Optimizers, OfNoParameters) {
  EXPECT_NO_THROW(sgd_({}, {}, {}, {.lr = 1, .momentum = 0.9}));
  EXPECT_NO_THROW(adam_({}, {}, {}, {}, {}));
}

TEST(Optimizers, RefuseWhatDoesNotFit) {
  const Tensors p{ones({2, 3})}, other{ones({3, 2})}, none;
  const Tensors wide{ones({2, 3}, {.dtype = DType::kF64})},
      integral{ones({2, 3}, {.dtype = DType::kI64})};
  const SgdStep momentum{.lr = 0.1, .momentum = 0.9};
  expect_error<ValueError>([&] { sgd_(p, none, none, {}); }, {"[sgd_]", "grads", "(1)", "got 0"});
  expect_error<ValueError>([&] { sgd_(p, p, none, momentum); }, {"[sgd_]", "buffers", "got 0"});
  expect_error<ShapeError>([&] { sgd_(p, other, none, {}); },
                           {"[sgd_]", "grads", "[2,3]", "[3,2]"});
  expect_error<ShapeError>([&] { sgd_(p, p, other, momentum); }, {"[sgd_]", "buffers", "[3,2]"});
  expect_error<DTypeError>([&] { sgd_(p, wide, none, {}); }, {"[sgd_]", "f32 [2,3]", "f64 [2,3]"});
  expect_error<DTypeError>([&] { sgd_(integral, integral, none, {}); }, {"[sgd_]", "i64"});
  expect_error<ValueError>([&] { sgd_(Tensors{Tensor()}, p, none, {}); }, {"[sgd_]", "undefined"});
  expect_error<ValueError>([&] { adam_(p, none, p, p, {}); }, {"[adam_]", "grads"});
  expect_error<ValueError>([&] { adam_(p, p, none, p, {}); }, {"[adam_]", "first_moments"});
  expect_error<ShapeError>([&] { adam_(p, p, p, other, {}); },
                           {"[adam_]", "second_moments", "[3,2]"});
  expect_error<ValueError>([&] { adam_(p, p, p, p, {.step = 0}); }, {"[adam_]", "step", "got 0"});
}

// Only dense parameters, and states in the same order: what is written has to be one run of memory.
TEST(Optimizers, RefuseParametersThatAreNotDense) {
  const Tensor sliced = ones({4, 6}).slice(1, 0, 6, 2), dense = ones({4, 3});
  const Tensor images = ones({2, 3, 4, 5}), last = images.contiguous(Layout::kChannelsLast);
  const Tensors grads{ones({4, 3})};
  expect_error<ShapeError>([&] { sgd_(Tensors{sliced}, grads, {}, {.lr = 1}); },
                           {"[sgd_]", "dense", "[6,2]"});
  expect_error<ShapeError>(
      [&] { sgd_(Tensors{dense}, grads, Tensors{sliced}, {.lr = 1, .momentum = 0.9}); }, {"dense"});
  expect_error<ShapeError>(
      [&] { adam_(Tensors{images}, Tensors{images}, Tensors{last}, Tensors{images}, {}); },
      {"[adam_]", "dense", "same memory order"});
  EXPECT_EQ(dense.item<float>({0, 0}), 1);  // nothing was written
}

}  // namespace
}  // namespace tenon
