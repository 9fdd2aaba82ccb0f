// L-BFGS against PyTorch's (optim/testdata/make_lbfgs.py), and interrupted, saved and restored.
#include "optim/lbfgs.h"

#include <cmath>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "autograd/ops.h"
#include "gtest/gtest.h"
#include "optim/schedule.h"
#include "optim/scheduler.h"
#include "optim/testing.h"
#include "tensor/ops.h"

namespace tenon::optim {
namespace {

using testing::leaf;
using testing::message_of;
using testing::names;
using Row = std::vector<double>;

struct Case {
  std::string name, function;
  std::map<std::string, double> options;
  std::vector<Row> rows;  // loss, evaluations, five parameters
};

struct Golden {
  Row start;
  std::vector<Case> cases;
};

const Golden& golden() {
  static const Golden kGolden = [] {
    Golden golden;
    std::ifstream in("optim/testdata/lbfgs.txt");
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      if (line.starts_with("case ")) {
        Case& c = golden.cases.emplace_back();
        std::string word;
        words >> word >> c.name >> c.function;
        while (words >> word) {
          const std::size_t equals = word.find('=');
          c.options[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
        }
        continue;
      }
      Row row;
      for (double value; words >> value;) row.push_back(value);
      if (golden.cases.empty()) {
        golden.start = row;
      } else {
        golden.cases.back().rows.push_back(row);
      }
    }
    return golden;
  }();
  return kGolden;
}

LBFGSOptions options_of(const Case& c) {
  const auto get = [&](const char* key, double otherwise) {
    const auto found = c.options.find(key);
    return found == c.options.end() ? otherwise : found->second;
  };
  const bool wolfe = get("line_search_fn", 0) != 0;
  return {.lr = get("lr", 1),
          .max_iterations = static_cast<int>(get("max_iter", 20)),
          .max_evaluations = static_cast<int>(get("max_eval", 0)),
          .history = static_cast<int>(get("history_size", 100)),
          .line_search = wolfe ? LineSearchKind::kStrongWolfe : LineSearchKind::kNone};
}

struct Problem {
  Variable x, y;
  const Case& c;
  LBFGS optimizer;

  Problem(const Case& c, const Row& start)
      : x(from_vector(Row(start.begin(), start.begin() + 2)), true),
        y(from_vector(Row(start.begin() + 2, start.end())), true),
        c(c),
        optimizer({x, y}, options_of(c)) {}

  Variable loss() const { return c.function == "quadratic" ? quadratic() : rosenbrock(); }
  double step() {
    return optimizer.step([&] { return loss(); });
  }
  Row parameters() const {
    Row row = x.value().to_vector<double>();
    const Row rest = y.value().to_vector<double>();
    row.insert(row.end(), rest.begin(), rest.end());
    return row;
  }

 private:
  Variable all() const {
    const Variable both[] = {x, y};
    return autograd::cat(both);
  }
  Variable rosenbrock() const {
    const Variable z = all(), head = slice(z, 0, 0, 4), tail = slice(z, 0, 1);
    return sum(100 * square(tail - square(head)) + square(1 - head));
  }
  Variable quadratic() const {
    const Variable weights(from_vector(Row{1, 10, 3, 0.1, 30})), z = all();
    const Variable coupling = select(x, 0, 0) * select(y, 0, 0);
    return 0.5 * sum(weights * z * z) + coupling - sum(z);
  }
};

std::int64_t evaluations(const LBFGS& optimizer) {
  return optimizer.state_dict()[2].second.item<std::int64_t>();
}

// Each step solves for the minimum of a curve: what is rounded otherwise is amplified from step to
// step (measured here: 1e-12 at the end).
TEST(LBFGSTest, FollowsPyTorch) {
  ASSERT_EQ(golden().cases.size(), 7u);
  for (const Case& c : golden().cases) {
    Problem problem(c, golden().start);
    ASSERT_EQ(c.rows.size(), 8u);
    for (std::size_t step = 0; step < c.rows.size(); ++step) {
      const Row& row = c.rows[step];
      EXPECT_NEAR(problem.step(), row[0], 1e-9 * std::abs(row[0]) + 1e-11)
          << c.name << " step " << step;
      EXPECT_EQ(static_cast<double>(evaluations(problem.optimizer)), row[1])
          << c.name << " step " << step;
      const Row got = problem.parameters();
      for (std::size_t i = 0; i < got.size(); ++i) {
        EXPECT_NEAR(got[i], row[i + 2], 1e-9) << c.name << " step " << step << " element " << i;
      }
    }
  }
}

TEST(LBFGSTest, SavedAndRestoredEqualsUninterruptedBitForBit) {
  for (const Case& c : golden().cases) {
    for (const int pause : {0, 1, 3, 6}) {
      Problem whole(c, golden().start);
      for (int step = 0; step < pause; ++step) whole.step();
      Problem resumed(c, whole.parameters());
      resumed.optimizer.load_state_dict(whole.optimizer.state_dict());
      for (int step = pause; step < 8; ++step) EXPECT_EQ(whole.step(), resumed.step());
      EXPECT_EQ(whole.parameters(), resumed.parameters()) << c.name << " after " << pause;
    }
  }
}

// Where a step is one iteration without a line search, the gradients are all that it needs.
TEST(LBFGSTest, StepsFromGradientsAsFromTheLoss) {
  const Case& c = golden().cases[2];
  ASSERT_EQ(c.name, "quadratic_single");
  Problem problem(c, golden().start);
  Optimizer& optimizer = problem.optimizer;
  for (std::size_t step = 0; step < c.rows.size(); ++step) {
    optimizer.zero_grad();
    problem.loss().backward();
    EXPECT_TRUE(optimizer.step());
    EXPECT_EQ(static_cast<double>(evaluations(problem.optimizer)), c.rows[step][1]);
    const Row got = problem.parameters();
    for (std::size_t i = 0; i < got.size(); ++i) {
      EXPECT_NEAR(got[i], c.rows[step][i + 2], 1e-11) << "step " << step << " element " << i;
    }
  }
}

TEST(LBFGSTest, ScalesAndClipsGradients) {
  const auto after = [](double gradient, const StepOptions& options) {
    const Variable w = leaf({4}, 0);
    LBFGS lbfgs({w}, {.lr = 0.5});
    for (int i = 0; i < 2; ++i) {
      w.set_grad(full({4}, gradient));
      lbfgs.step(options);
    }
    return testing::floats(w.value());
  };
  EXPECT_EQ(after(64, {.grad_scale = 1.0 / 64}), after(1, {}));
  for (const float value : after(3, {.max_norm = 2})) EXPECT_NEAR(value, after(1, {})[0], 1e-5);
  EXPECT_THROW(after(1, {.max_norm = 0}), ValueError);
}

TEST(LBFGSTest, IsScheduledAsAnyOptimizer) {
  const Variable w = leaf({3});
  LBFGS lbfgs({w}, {.lr = 0.5, .max_iterations = 1});
  Scheduler schedule(lbfgs, exponential_lr({.gamma = 0.5}));
  schedule.step();
  EXPECT_EQ(lbfgs.lr(), 0.25);
  // The first step goes down the gradient, 2, by lr over the gradient's sum, 6.
  lbfgs.step([&] { return sum(square(w)); });
  EXPECT_NEAR(testing::floats(w.value())[0], 1 - 2 * 0.25 / 6, 1e-6);
}

TEST(LBFGSTest, GradientsThatAreNoneAreRefused) {
  const Variable w = leaf({3});
  LBFGS lbfgs({w}), searching({w}, {.line_search = LineSearchKind::kStrongWolfe});
  w.set_grad(full({3}, std::nan("")));
  EXPECT_EQ(message_of<ValueError>([&] { lbfgs.step(); }),
            "[LBFGS] expected finite gradients, got nan");
  EXPECT_EQ(message_of<ValueError>([&] { searching.step(); }),
            "[LBFGS] expected step(loss): the line search evaluates the loss");
  w.set_grad(ones({3}, {.dtype = DType::kF64}));
  EXPECT_EQ(message_of<DTypeError>([&] { lbfgs.step(); }),
            "[LBFGS] expected the gradient of parameter 0 to be f32, got f64");
  EXPECT_EQ(testing::floats(w.value()), (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(evaluations(lbfgs), 0);
}

TEST(LBFGSTest, StopsAtTheMinimum) {
  const Variable w = leaf({3}, 0);
  LBFGS lbfgs({w});
  EXPECT_EQ(lbfgs.step([&] { return sum(square(w)); }), 0);
  EXPECT_EQ(evaluations(lbfgs), 1);
}

TEST(LBFGSTest, ParametersThatTheLossDoesNotUseStay) {
  const Variable w = leaf({3}), unused = leaf({2});
  LBFGS lbfgs({w, unused}, {.line_search = LineSearchKind::kStrongWolfe});
  for (int i = 0; i < 3; ++i) lbfgs.step([&] { return sum(square(w)); });
  EXPECT_LT(std::abs(w.value().item<float>({0})), 1e-6);
  EXPECT_EQ(testing::floats(unused.value()), (std::vector<float>{1, 1}));
}

TEST(LBFGSTest, ALossThatIsNotFiniteIsRefused) {
  const Variable w = leaf({3});
  LBFGS lbfgs({w});
  EXPECT_EQ(message_of<ValueError>([&] { lbfgs.step([&] { return sum(w) * std::nan(""); }); }),
            "[LBFGS] expected a finite loss with a finite gradient, got nan");
  EXPECT_EQ(testing::floats(w.value()), (std::vector<float>{1, 1, 1}));
  EXPECT_EQ(evaluations(lbfgs), 0);
}

TEST(LBFGSTest, BadOptionsAndParameters) {
  const std::vector<Variable> p = {leaf({2})};
  EXPECT_THROW(LBFGS(p, {.lr = -1}), ValueError);
  EXPECT_THROW(LBFGS(p, {.max_iterations = 0}), ValueError);
  EXPECT_THROW(LBFGS(p, {.max_evaluations = -1}), ValueError);
  EXPECT_THROW(LBFGS(p, {.tolerance_grad = -1}), ValueError);
  EXPECT_THROW(LBFGS(p, {.tolerance_change = std::nan("")}), ValueError);
  EXPECT_THROW(LBFGS(p, {.history = 0}), ValueError);
  EXPECT_EQ(message_of<ValueError>([] { LBFGS(std::vector<Variable>{}); }),
            "[LBFGS] expected parameters, got an empty list");
  EXPECT_EQ(message_of<DTypeError>([&] {
              LBFGS({p[0], Variable(zeros({2}, {.dtype = DType::kF64}), true)});
            }),
            "[LBFGS] expected parameters of one dtype, got f32 and f64");
  EXPECT_THROW(LBFGS(p).set_lr(-1), ValueError);
}

TEST(LBFGSTest, BadStatesChangeNothing) {
  const Variable w = leaf({3});
  LBFGS lbfgs({w}, {.lr = 0.1});
  for (int i = 0; i < 2; ++i) lbfgs.step([&] { return sum(square(square(w))); });
  const StateDict good = lbfgs.state_dict();
  const auto fails = [&](std::size_t entry, const Tensor& value) {
    StateDict state = good;
    state[entry].second = value;
    EXPECT_THROW(lbfgs.load_state_dict(state), Error) << good[entry].first;
  };
  fails(0, scalar(-1));
  fails(1, full({}, -1, {.dtype = DType::kI64}));
  fails(5, zeros({4}));                            // direction
  fails(7, zeros({2, 4}));                         // steps
  fails(9, zeros({200}, {.dtype = DType::kF64}));  // curvatures
  StateDict state = good;
  state.erase(state.begin() + 5);
  EXPECT_EQ(message_of<ValueError>([&] { lbfgs.load_state_dict(state); }),
            "[LBFGS.load_state_dict] entry \"direction\" is missing");
  state = good;
  state[0].first = "SGD.lr";
  EXPECT_EQ(message_of<ValueError>([&] { lbfgs.load_state_dict(state); }),
            "[LBFGS.load_state_dict] expected a state of LBFGS, got one of SGD");
  EXPECT_EQ(names(lbfgs.state_dict()), names(good));
  EXPECT_EQ(lbfgs.lr(), 0.1);
}

}  // namespace
}  // namespace tenon::optim
