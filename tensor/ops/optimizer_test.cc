// The fused updates against the same formulas written with tensor operations, bit for bit, over
// lists of tensors whose sizes leave tails. (The formulas themselves are held to PyTorch's by
// //optim.)
#include "tensor/ops/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tensor/ops.h"
#include "tensor/testing/check.h"

namespace tenon {
namespace {

using testing::expect_error;
using testing::expect_identical;
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

/// One parameter with its gradient and states.
struct Unfused {
  Tensor p, g;
  Tensors s;
};

void decay(Unfused& u, double lr, double weight_decay, bool decoupled) {
  if (decoupled) {
    u.p = u.p * (1 - lr * weight_decay);
  } else {
    u.g = u.g + weight_decay * u.p;
  }
}

Tensor average(const Tensor& x, const Tensor& value, double beta) {
  return beta * x + (1 - beta) * value;
}

void moments(Unfused& u, double beta1, double beta2) {
  u.s[0] = average(u.s[0], u.g, beta1);
  u.s[1] = average(u.s[1], u.g * u.g, beta2);
}

double missing(double beta, std::int64_t step) {
  return 1 - std::pow(beta, static_cast<double>(step));
}

void apply(Unfused& u, const SgdStep& s) {
  decay(u, s.lr, s.weight_decay, s.decoupled);
  Tensor d = u.g;
  if (s.momentum != 0) {
    u.s[0] = s.first ? d : s.momentum * u.s[0] + (1 - s.dampening) * d;
    d = s.nesterov ? d + s.momentum * u.s[0] : u.s[0];
  }
  u.p = u.p - s.lr * d;
}

void apply(Unfused& u, const AdagradStep& s) {
  decay(u, s.lr, s.weight_decay, false);
  u.s[0] = u.s[0] + u.g * u.g;
  const double lr = s.lr / (1 + static_cast<double>(s.step - 1) * s.lr_decay);
  u.p = u.p - lr * (u.g / (sqrt(u.s[0]) + s.eps));
}

void apply(Unfused& u, const AdadeltaStep& s) {
  decay(u, s.lr, s.weight_decay, false);
  u.s[0] = average(u.s[0], u.g * u.g, s.rho);
  const Tensor d = sqrt(u.s[1] + s.eps) / sqrt(u.s[0] + s.eps) * u.g;
  u.s[1] = average(u.s[1], d * d, s.rho);
  u.p = u.p - s.lr * d;
}

void apply(Unfused& u, const RmspropStep& s) {
  decay(u, s.lr, s.weight_decay, false);
  u.s[0] = average(u.s[0], u.g * u.g, s.alpha);
  Tensor variance = u.s[0];
  if (s.centered) {
    u.s[1] = average(u.s[1], u.g, s.alpha);
    variance = maximum(u.s[0] - u.s[1] * u.s[1], 0);
  }
  Tensor d = u.g / (sqrt(variance) + s.eps);
  if (s.momentum != 0) d = u.s.back() = s.momentum * u.s.back() + d;
  u.p = u.p - s.lr * d;
}

void apply(Unfused& u, const AdamStep& s) {
  decay(u, s.lr, s.weight_decay, s.decoupled);
  moments(u, s.beta1, s.beta2);
  if (s.amsgrad) u.s[2] = maximum(u.s[2], u.s[1]);
  const Tensor root = sqrt(u.s.back()) * (1 / std::sqrt(missing(s.beta2, s.step)));
  u.p = u.p - s.lr / missing(s.beta1, s.step) * u.s[0] / (root + s.eps);
}

void apply(Unfused& u, const AdamaxStep& s) {
  decay(u, s.lr, s.weight_decay, false);
  u.s[0] = average(u.s[0], u.g, s.beta1);
  u.s[1] = maximum(s.beta2 * u.s[1], abs(u.g) + s.eps);
  u.p = u.p - s.lr / missing(s.beta1, s.step) * (u.s[0] / u.s[1]);
}

void apply(Unfused& u, const NadamStep& s) {
  decay(u, s.lr, s.weight_decay, s.decoupled);
  moments(u, s.beta1, s.beta2);
  const Tensor root = sqrt(u.s[1]) * (1 / std::sqrt(missing(s.beta2, s.step)));
  u.p = u.p - (s.grad_rate * u.g + s.moment_rate * u.s[0]) / (root + s.eps);
}

void apply(Unfused& u, const RadamStep& s) {
  decay(u, s.lr, s.weight_decay, s.decoupled);
  moments(u, s.beta1, s.beta2);
  const auto t = static_cast<double>(s.step);
  const double end = 2 / (1 - s.beta2) - 1;
  const double rho = end - 2 * t * std::pow(s.beta2, t) / missing(s.beta2, s.step);
  double rate = s.lr / missing(s.beta1, s.step);
  if (rho <= 5) {
    u.p = u.p - rate * u.s[0];
    return;
  }
  rate *= std::sqrt((rho - 4) * (rho - 2) * end / ((end - 4) * (end - 2) * rho)) *
          std::sqrt(missing(s.beta2, s.step));
  u.p = u.p - rate * u.s[0] / (sqrt(u.s[1]) + s.eps);
}

void apply(Unfused& u, const LionStep& s) {
  decay(u, s.lr, s.weight_decay, true);
  u.p = u.p - s.lr * sign(average(u.s[0], u.g, s.beta1));
  u.s[0] = average(u.s[0], u.g, s.beta2);
}

void apply(Unfused& u, const AverageStep& s) { u.p = average(u.p, u.g, s.decay); }
void apply(Unfused& u, const ScaleStep& s) { u.p = s.factor * u.p; }
void apply(Unfused& u, const ClampStep& s) { u.p = maximum(minimum(u.p, s.limit), -s.limit); }

const UpdateRule kRules[] = {
    SgdStep{.lr = 0.1},
    SgdStep{.lr = 0.1, .weight_decay = 0.01},
    SgdStep{.lr = 0.1, .weight_decay = 0.01, .decoupled = true},
    SgdStep{.lr = 0.1, .momentum = 0.9},
    SgdStep{.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .first = true},
    SgdStep{.lr = 0.1, .momentum = 0.9, .dampening = 0.5, .weight_decay = 0.01},
    SgdStep{.lr = 0.1, .momentum = 0.9, .weight_decay = 0.01, .nesterov = true},
    SgdStep{.lr = 0.1, .momentum = 0.9, .nesterov = true, .first = true},
    AdagradStep{.lr = 0.1, .eps = 1e-10},
    AdagradStep{.lr = 0.1, .lr_decay = 0.01, .eps = 1e-10, .weight_decay = 0.1, .step = 4},
    AdadeltaStep{.lr = 1, .rho = 0.9, .eps = 1e-6},
    AdadeltaStep{.lr = 0.5, .rho = 0.8, .eps = 1e-3, .weight_decay = 0.1},
    RmspropStep{.lr = 0.01, .alpha = 0.99, .eps = 1e-8},
    RmspropStep{.lr = 0.01, .alpha = 0.99, .eps = 1e-8, .momentum = 0.9, .weight_decay = 0.1},
    RmspropStep{.lr = 0.01, .alpha = 0.9, .eps = 1e-4, .centered = true},
    RmspropStep{.lr = 0.01, .alpha = 0.9, .eps = 1e-4, .momentum = 0.9, .centered = true},
    AdamStep{.lr = 0.01},
    AdamStep{.lr = 0.01, .beta1 = 0.5, .beta2 = 0.9, .eps = 1e-3, .step = 3},
    AdamStep{.lr = 0.01, .weight_decay = 0.1, .step = 1000},
    AdamStep{.lr = 0.01, .weight_decay = 0.1, .decoupled = true, .step = 2},
    AdamStep{.lr = 0.01, .beta1 = 0, .amsgrad = true, .step = 2},
    AdamaxStep{.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 3},
    AdamaxStep{.lr = 0.01, .beta1 = 0.9, .beta2 = 0.9, .eps = 1e-8, .weight_decay = 0.1},
    NadamStep{.lr = 0.01,
              .grad_rate = 0.005,
              .moment_rate = 0.02,
              .beta1 = 0.9,
              .beta2 = 0.999,
              .eps = 1e-8,
              .weight_decay = 0.1,
              .step = 3},
    NadamStep{.lr = 0.01,
              .grad_rate = 0.005,
              .moment_rate = 0.02,
              .beta1 = 0.9,
              .beta2 = 0.999,
              .eps = 1e-8,
              .weight_decay = 0.1,
              .decoupled = true},
    RadamStep{.lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .step = 5},
    RadamStep{
        .lr = 0.01, .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .weight_decay = 0.1, .step = 6},
    RadamStep{.lr = 0.01,
              .beta1 = 0.9,
              .beta2 = 0.99,
              .eps = 1e-8,
              .weight_decay = 0.1,
              .decoupled = true,
              .step = 60},
    LionStep{.lr = 0.01, .beta1 = 0.9, .beta2 = 0.99},
    LionStep{.lr = 0.01, .beta1 = 0.9, .beta2 = 0.99, .weight_decay = 0.1},
    AverageStep{.decay = 0.99},
    ScaleStep{.factor = 0.3},
    ClampStep{.limit = 0.25},
};

/// Everything that an update takes, with values as they come up in training.
struct Problem {
  Tensors parameters, grads;
  std::vector<Tensors> states;

  explicit Problem(DType dtype, const UpdateRule& rule)
      : parameters(some(dtype, -1, 1, 1)), grads(some(dtype, -1, 1, 50)) {
    for (int k = 0; k < state_count(rule); ++k) {
      states.push_back(some(dtype, 0.01, 0.1, static_cast<std::uint64_t>(90 + 30 * k)));
    }
  }
  UpdateLists lists() const { return {.parameters = parameters, .grads = grads, .states = states}; }
};

DType compute_type(DType dtype) { return dtype == DType::kF64 ? DType::kF64 : DType::kF32; }

TEST(OptimizerUpdate, HasTheBitsOfTheFormula) {
  for (const DType dtype : testing::kFloating) {
    for (std::size_t r = 0; r < std::size(kRules); ++r) {
      const std::string where =
          std::string(name(dtype)) + " rule " + std::to_string(r) + " tensor ";
      const Problem fused(dtype, kRules[r]);
      std::vector<Unfused> expected;
      const DType compute = compute_type(dtype);
      for (std::size_t i = 0; i < fused.parameters.size(); ++i) {
        Unfused u{fused.parameters[i].to(compute), fused.grads[i].to(compute), {}};
        for (const Tensors& state : fused.states) u.s.push_back(state[i].to(compute));
        std::visit([&](const auto& step) { apply(u, step); }, kRules[r]);
        expected.push_back(u);
      }
      optimizer_update_(fused.lists(), kRules[r]);
      for (std::size_t i = 0; i < expected.size(); ++i) {
        const std::string which = where + std::to_string(i);
        expect_identical(fused.parameters[i], expected[i].p.to(dtype), which);
        for (std::size_t k = 0; k < fused.states.size(); ++k) {
          expect_identical(fused.states[k][i], expected[i].s[k].to(dtype), which + " state");
        }
      }
    }
  }
}

TEST(OptimizerUpdate, OfAllTogetherIsThatOfEachAlone) {
  for (const UpdateRule& rule : kRules) {
    const Problem together(DType::kF32, rule), alone(DType::kF32, rule);
    optimizer_update_(together.lists(), rule);
    for (std::size_t i = 0; i < alone.parameters.size(); ++i) {
      std::vector<Tensors> states;
      for (const Tensors& state : alone.states) states.push_back({state[i]});
      const Tensors p{alone.parameters[i]}, g{alone.grads[i]};
      optimizer_update_({.parameters = p, .grads = g, .states = states}, rule);
      expect_identical(p[0], together.parameters[i]);
      for (std::size_t k = 0; k < states.size(); ++k) {
        expect_identical(states[k][0], together.states[k][i]);
      }
    }
  }
}

TEST(OptimizerUpdate, ScalesGradientsAsTheyAreRead) {
  for (const UpdateRule& rule : kRules) {
    const Problem before(DType::kF32, rule), inside(DType::kF32, rule);
    optimizer_update_({.parameters = before.grads}, ScaleStep{.factor = 0.3});
    optimizer_update_(before.lists(), rule);
    UpdateLists lists = inside.lists();
    lists.grad_scale = 0.3;
    optimizer_update_(lists, rule);
    for (std::size_t i = 0; i < before.parameters.size(); ++i) {
      expect_identical(inside.parameters[i], before.parameters[i]);
    }
  }
}

TEST(OptimizerUpdate, TheSameBitsOnAnyNumberOfThreads) {
  for (const UpdateRule& rule : kRules) {
    const auto run = [&](int threads) {
      const testing::ThreadScope scope(threads);
      const Problem problem(DType::kF32, rule);
      optimizer_update_(problem.lists(), rule);
      return problem.parameters;
    };
    const Tensors expected = run(1);
    for (const int threads : {2, 3}) {
      const Tensors got = run(threads);
      for (std::size_t i = 0; i < got.size(); ++i) expect_identical(got[i], expected[i]);
    }
  }
}

TEST(OptimizerUpdate, NaNReachesTheParameter) {
  for (const UpdateRule& rule : kRules) {
    if (std::holds_alternative<ScaleStep>(rule) || std::holds_alternative<ClampStep>(rule))
      continue;
    const Problem problem(DType::kF32, rule);
    for (const Tensor& grad : problem.grads) grad.fill_(std::numeric_limits<double>::quiet_NaN());
    optimizer_update_(problem.lists(), rule);
    for (const Tensor& p : problem.parameters) {
      for (const float value : p.to_vector<float>()) ASSERT_TRUE(std::isnan(value));
    }
  }
}

TEST(OptimizerUpdate, TakesGradientsInAnyMemoryOrder) {
  const Tensor start = values({4, 3, 5, 5}), grad = values({4, 3, 5, 5}, -1, 1, DType::kF32, 2);
  for (const Layout order : {Layout::kRowMajor, Layout::kChannelsLast}) {
    for (const auto& [layout, view] : testing::layouts_of(grad)) {
      const Tensors plain{start.clone()}, parameter{start.clone().contiguous(order)};
      optimizer_update_({.parameters = plain, .grads = Tensors{grad}}, SgdStep{.lr = 0.5});
      optimizer_update_({.parameters = parameter, .grads = Tensors{view}}, SgdStep{.lr = 0.5});
      expect_identical(parameter[0], plain[0], layout);
    }
  }
}

TEST(OptimizerUpdate, TakesParametersOfDifferentDTypes) {
  const Tensors parameters{ones({3}), ones({3}, {.dtype = DType::kBF16}),
                           ones({3}, {.dtype = DType::kF64})};
  optimizer_update_({.parameters = parameters, .grads = parameters}, SgdStep{.lr = 0.5});
  for (const Tensor& p : parameters) testing::expect_close(p, testing::Array({3}, 0.5), 0);
}

// Steps of 2^-10, too small for bf16 beside 1, add up in f32.
TEST(OptimizerUpdate, RoundsF32WeightsIntoTheirBf16Copies) {
  const Tensors master{ones({70})}, grad{ones({70}, {.dtype = DType::kBF16})};
  const Tensors model{ones({70}, {.dtype = DType::kBF16})};
  const UpdateLists lists{.parameters = master, .grads = grad, .copies = model};
  for (int i = 0; i < 16; ++i) optimizer_update_(lists, SgdStep{.lr = 0x1p-10});
  EXPECT_EQ(master[0].item<float>({0}), 1 - 0x1p-6f);
  expect_identical(model[0], master[0].to(DType::kBF16));
}

TEST(OptimizerUpdate, BumpsTheVersion) {
  const Tensors parameter{ones({3})}, copy{ones({3})};
  const std::uint32_t before = parameter[0].storage()->version();
  const std::uint32_t copy_before = copy[0].storage()->version();
  optimizer_update_({.parameters = parameter, .grads = parameter, .copies = copy}, SgdStep{});
  EXPECT_EQ(parameter[0].storage()->version(), before + 1);
  EXPECT_EQ(copy[0].storage()->version(), copy_before + 1);
}

TEST(OptimizerUpdate, OfNoParameters) {
  EXPECT_NO_THROW(optimizer_update_({}, SgdStep{.lr = 1}));
  EXPECT_NO_THROW(optimizer_update_({.states = std::vector<Tensors>(2)}, AdamStep{}));
}

TEST(OptimizerUpdate, RefusesWhatDoesNotFit) {
  const Tensors p{ones({2, 3})}, other{ones({3, 2})}, none;
  const Tensors wide{ones({2, 3}, {.dtype = DType::kF64})};
  const Tensors integral{ones({2, 3}, {.dtype = DType::kI64})};
  const SgdStep plain, momentum{.momentum = 0.9};
  const auto update = [](const Tensors& parameters, const Tensors& grads,
                         const std::vector<Tensors>& states, const UpdateRule& rule) {
    return [&, states, rule] {
      optimizer_update_({.parameters = parameters, .grads = grads, .states = states}, rule);
    };
  };
  expect_error<ValueError>(update(p, none, {}, plain),
                           {"[optimizer_update_]", "grads", "(1)", "0"});
  expect_error<ValueError>(update(p, p, {}, momentum), {"expected 1 lists of states", "got 0"});
  expect_error<ValueError>(update(p, p, {none, p}, AdamStep{}), {"states", "(1)", "got 0"});
  expect_error<ShapeError>(update(p, other, {}, plain), {"grads", "[2,3]", "[3,2]"});
  expect_error<ShapeError>(update(p, p, {other}, momentum), {"states", "[3,2]"});
  expect_error<DTypeError>(update(p, wide, {}, plain), {"grads", "f32 [2,3]", "f64 [2,3]"});
  expect_error<DTypeError>(update(integral, integral, {}, plain), {"parameters", "i64"});
  expect_error<ValueError>(update({Tensor()}, p, {}, plain), {"parameters", "undefined"});
  expect_error<ShapeError>(
      [&] { optimizer_update_({.parameters = p, .grads = p, .copies = other}, plain); },
      {"copies", "[3,2]"});
  expect_identical(p[0], ones({2, 3}));  // nothing was written
}

/// A parameter of two blocks, and a part of one, whose state is in 8 bits.
struct CodedProblem {
  Tensors parameter{values({20, 31}, -1, 1)}, grad{values({20, 31}, -1, 1, DType::kF32, 2)};
  std::vector<Tensors> codes{{zeros({20, 31}, {.dtype = DType::kU8})}}, scales{{zeros({3})}};

  UpdateLists lists() const {
    return {.parameters = parameter, .grads = grad, .states = codes, .scales = scales};
  }
};

// From an empty state Adagrad's is the square of the gradient, and the parameter does not see
// codes.
TEST(OptimizerUpdate, KeepsAStateIn8Bits) {
  const CodedProblem problem;
  const Tensors plain{problem.parameter[0].clone()};
  const std::vector<Tensors> state{{zeros({20, 31})}};
  const AdagradStep rule{.lr = 0.1, .eps = 1e-10};
  optimizer_update_({.parameters = plain, .grads = problem.grad, .states = state}, rule);
  optimizer_update_(problem.lists(), rule);
  expect_identical(problem.parameter[0], plain[0]);
  const auto numbers = state[0][0].to_vector<float>();
  const auto scales = problem.scales[0][0].to_vector<float>();
  const auto codes = problem.codes[0][0].to_vector<std::uint8_t>();
  for (std::size_t begin = 0; begin < numbers.size(); begin += 256) {
    const std::size_t end = std::min(numbers.size(), begin + 256);
    const float largest = *std::max_element(&numbers[begin], &numbers[0] + end);
    EXPECT_EQ(scales[begin / 256], largest);
    for (std::size_t i = begin; i < end; ++i) {
      EXPECT_TRUE(numbers[i] < largest || codes[i] == 255);
      // Half of 0.9 / 128, the distance of two numbers from 0.1 to 1, which begin at code 128.
      if (numbers[i] < 0.11f * largest) continue;
      const float number = codes[i] == 255 ? 1 : 0.1f + 0.9f / 128 * (codes[i] - 127 + 0.5f);
      ASSERT_NEAR(number, numbers[i] / largest, 0.5 * 0.9 / 128 + 1e-6) << i;
    }
  }
}

TEST(OptimizerUpdate, RefusesCodesThatDoNotFit) {
  const LionStep lion{.lr = 0.1};
  const auto refused = [&](const UpdateLists& lists, const UpdateRule& rule) {
    return [&lists, rule] { optimizer_update_(lists, rule); };
  };
  CodedProblem problem;
  UpdateLists lists = problem.lists();
  expect_error<ValueError>(refused(lists, RmspropStep{.lr = 1, .centered = true}),
                           {"expected 2 lists of states"});
  problem.scales[0][0] = zeros({2});
  expect_error<ShapeError>(refused(lists, lion), {"scales", "[3]", "[2]"});
  problem.scales[0][0] = zeros({3}, {.dtype = DType::kF64});
  expect_error<DTypeError>(refused(lists, lion), {"scales", "f32", "f64"});
  problem.scales[0][0] = zeros({3});
  problem.codes[0][0] = zeros({20, 31});
  expect_error<DTypeError>(refused(lists, lion), {"states", "u8", "f32"});
  problem.codes[0][0] = zeros({31, 20}, {.dtype = DType::kU8}).t();
  expect_error<ShapeError>(refused(lists, lion), {"memory order"});
  problem.codes[0][0] = zeros({20, 31}, {.dtype = DType::kU8});
  lists.scales = {};
  expect_error<DTypeError>(refused(lists, lion), {"states", "u8"});
  lists.scales = problem.scales;
  problem.parameter[0] = problem.parameter[0].to(DType::kF64);
  problem.grad[0] = problem.grad[0].to(DType::kF64);
  expect_error<DTypeError>(refused(lists, lion), {"states of f64 parameters"});
}

// Only dense parameters, and states in the same order: what is written has to be one run of memory.
TEST(OptimizerUpdate, RefusesParametersThatAreNotDense) {
  const Tensors sliced{ones({4, 6}).slice(1, 0, 6, 2)}, dense{ones({4, 3})};
  const Tensors images{ones({2, 3, 4, 5})};
  const std::vector<Tensors> last{{images[0].contiguous(Layout::kChannelsLast)}}, strided{sliced};
  const SgdStep momentum{.lr = 1, .momentum = 0.9};
  expect_error<ShapeError>(
      [&] { optimizer_update_({.parameters = sliced, .grads = dense}, SgdStep{.lr = 1}); },
      {"dense", "[6,2]"});
  expect_error<ShapeError>(
      [&] {
        optimizer_update_({.parameters = dense, .grads = dense, .states = strided}, momentum);
      },
      {"states", "dense", "[6,2]"});
  expect_error<ShapeError>(
      [&] { optimizer_update_({.parameters = images, .grads = images, .states = last}, momentum); },
      {"states", "same memory order"});
  EXPECT_EQ(dense[0].item<float>({0, 0}), 1);
}

TEST(TotalNorm, AgainstALoop) {
  for (const DType dtype : testing::kFloating) {
    const Tensors tensors = some(dtype, -1, 1, 7);
    double l1 = 0, l2 = 0, largest = 0;
    for (const Tensor& tensor : tensors) {
      for (const double x : testing::Array(tensor).values) {
        l1 += std::abs(x);
        l2 += x * x;
        largest = std::max(largest, std::abs(x));
      }
    }
    EXPECT_NEAR(total_norm(tensors, Norm::kL1), l1, 1e-11 * l1);
    EXPECT_NEAR(total_norm(tensors), std::sqrt(l2), 1e-11 * l2);
    EXPECT_EQ(total_norm(tensors, Norm::kMax), largest);
  }
}

TEST(TotalNorm, OfExpandedAndEmptyTensors) {
  EXPECT_EQ(total_norm(Tensors{scalar(2).expand({4})}), 4);
  EXPECT_EQ(total_norm(Tensors{zeros({0})}, Norm::kMax), 0);
  EXPECT_EQ(total_norm({}), 0);
}

TEST(TotalNorm, TheSameBitsOnAnyNumberOfThreads) {
  const Tensors tensors = some(DType::kF32, -1, 1, 7);
  const auto run = [&](int threads) {
    const testing::ThreadScope scope(threads);
    return total_norm(tensors);
  };
  EXPECT_EQ(run(2), run(1));
  EXPECT_EQ(run(3), run(1));
}

// Squares of large f32 numbers fit f64; NaN and infinity are not lost, wherever they stand.
TEST(TotalNorm, IsFiniteOnlyOfFiniteNumbers) {
  EXPECT_NEAR(total_norm(Tensors{full({4}, 1e38)}), 2e38, 1e31);
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(), HUGE_VAL, -HUGE_VAL}) {
    for (const std::int64_t place : {0, 7, 8, 600, 1029}) {
      const Tensors tensors{ones({3}), ones({1030})};
      tensors[1].narrow(0, place, 1).fill_(bad);
      for (const Norm norm : {Norm::kL1, Norm::kL2, Norm::kMax}) {
        EXPECT_FALSE(std::isfinite(total_norm(tensors, norm))) << place;
      }
    }
  }
}

TEST(TotalNorm, RefusesIntegers) {
  expect_error<DTypeError>([] { total_norm(Tensors{ones({2}, {.dtype = DType::kI64})}); },
                           {"[total_norm]", "i64"});
}

}  // namespace
}  // namespace tenon
