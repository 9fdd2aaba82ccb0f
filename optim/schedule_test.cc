// Schedules against PyTorch's, step by step (optim/testdata/make_schedules.py), and against closed
// forms.
#include "optim/schedule.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <numbers>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "optim/adam.h"
#include "optim/reduce_lr_on_plateau.h"
#include "optim/scheduler.h"
#include "optim/sgd.h"
#include "optim/testing.h"

namespace tenon::optim {
namespace {

using testing::message_of;
using Row = std::vector<double>;

constexpr double kBase = 0.4;

Row read_row(std::istream& in) {
  Row row;
  for (double value; in >> value;) row.push_back(value);
  return row;
}

struct Golden {
  std::map<std::string, Row> rates, momenta;
  Row figures;
};

const Golden& golden() {
  static const Golden kGolden = [] {
    Golden golden;
    std::ifstream in("optim/testdata/schedules.txt");
    std::string name;
    for (std::string line; std::getline(in, line);) {
      std::istringstream words(line);
      std::string first;
      words >> first;
      if (first == "case") {
        words >> name;
      } else if (first == "momentum") {
        golden.momenta[name] = read_row(words);
      } else if (first == "figures") {
        golden.figures = read_row(words);
      } else {
        std::istringstream numbers(line);
        golden.rates[name] = read_row(numbers);
      }
    }
    return golden;
  }();
  return kGolden;
}

Schedule sequence() {
  return sequential({{6, constant_lr({.factor = 0.1, .steps = 20})},
                     {14, exponential_lr({.gamma = 0.9})},
                     {0, step_lr({.step_size = 3, .gamma = 0.5})}});
}

Schedule chain() {
  return chained({constant_lr({.factor = 0.1, .steps = 7}), exponential_lr({.gamma = 0.9}),
                  cosine_annealing_lr({.steps = 50})});
}

/// The schedules of the script, under its names.
std::map<std::string, Schedule> all_schedules() {
  const auto inverse = [](std::int64_t step) { return 1 / (1 + static_cast<double>(step)); };
  return {
      {"lambda", lambda_lr(inverse)},
      {"multiplicative", multiplicative_lr([=](std::int64_t step) { return 1 - inverse(step); })},
      {"step", step_lr({.step_size = 7, .gamma = 0.3})},
      {"multi_step", multi_step_lr({.milestones = {3, 11, 11, 30}, .gamma = 0.5})},
      {"constant", constant_lr()},
      {"constant_options", constant_lr({.factor = 0.7, .steps = 12})},
      {"linear", linear_lr()},
      {"linear_options", linear_lr({.start_factor = 0.9, .end_factor = 0.2, .steps = 13})},
      {"exponential", exponential_lr({.gamma = 0.85})},
      {"polynomial", polynomial_lr()},
      {"polynomial_options", polynomial_lr({.steps = 23, .power = 2.5})},
      {"cosine", cosine_annealing_lr({.steps = 15, .min_lr = 0.05})},
      {"restarts", cosine_annealing_warm_restarts({.first_steps = 7, .min_lr = 0.02})},
      {"restarts_growing", cosine_annealing_warm_restarts({.first_steps = 5, .growth = 2})},
      {"cyclic", cyclic_lr({.base_lr = 0.1, .max_lr = 0.5, .steps_up = 4})},
      {"cyclic_halving", cyclic_lr({.base_lr = 0.1,
                                    .max_lr = 0.5,
                                    .steps_up = 4,
                                    .steps_down = 7,
                                    .mode = CyclicMode::kTriangular2,
                                    .cycle_momentum = true})},
      {"cyclic_range", cyclic_lr({.base_lr = 0.1,
                                  .max_lr = 0.5,
                                  .steps_up = 6,
                                  .mode = CyclicMode::kExpRange,
                                  .gamma = 0.9,
                                  .cycle_momentum = true,
                                  .base_momentum = 0.6,
                                  .max_momentum = 0.95})},
      {"one_cycle", one_cycle_lr({.max_lr = 0.5, .steps = 40})},
      {"one_cycle_linear", one_cycle_lr({.max_lr = 0.5,
                                         .steps = 40,
                                         .warmup_share = 0.4,
                                         .anneal = Anneal::kLinear,
                                         .divide_first = 10,
                                         .divide_last = 100,
                                         .base_momentum = 0.5,
                                         .max_momentum = 0.9})},
      {"one_cycle_three",
       one_cycle_lr({.max_lr = 0.5, .steps = 40, .three_phases = true, .cycle_momentum = false})},
      {"sequential", sequence()},
      {"chained", chain()},
  };
}

SGD new_optimizer() { return SGD({Variable(zeros({1}), true)}, {.lr = kBase, .momentum = 0.7}); }

TEST(ScheduleTest, FollowsPyTorchStepByStep) {
  const auto schedules = all_schedules();
  ASSERT_EQ(golden().rates.size(), schedules.size() + 4);  // and the plateaus
  for (const auto& [name, schedule] : schedules) {
    const Row& rates = golden().rates.at(name);
    ASSERT_EQ(rates.size(), 40u) << name;
    SGD optimizer = new_optimizer();
    Scheduler scheduler(optimizer, schedule);
    for (std::size_t step = 0; step < rates.size(); ++step) {
      ASSERT_NEAR(optimizer.lr(), rates[step], 1e-14) << name << " step " << step;
      const auto momenta = golden().momenta.find(name);
      const double momentum = momenta == golden().momenta.end() ? 0.7 : momenta->second[step];
      ASSERT_NEAR(*optimizer.momentum(), momentum, 1e-14) << name << " step " << step;
      if (step + 1 < rates.size()) scheduler.step();
    }
  }
}

TEST(ScheduleTest, ResumesAtAnyStep) {
  for (const auto& [name, schedule] : all_schedules()) {
    const Row& rates = golden().rates.at(name);
    SGD whole = new_optimizer();
    Scheduler original(whole, schedule);
    for (std::size_t step = 0; step + 1 < rates.size(); ++step) {
      SGD other = new_optimizer();
      other.set_lr(0.123);
      Scheduler resumed(other, all_schedules().at(name));
      resumed.load_state_dict(original.state_dict());
      EXPECT_EQ(other.lr(), whole.lr()) << name << " step " << step;
      EXPECT_EQ(other.momentum(), whole.momentum()) << name << " step " << step;
      original.step();
      resumed.step();
      EXPECT_EQ(other.lr(), whole.lr()) << name << " after step " << step;
    }
  }
}

TEST(ScheduleTest, WarmupEndsAtTheBase) {
  const Schedule warmup = warmup_lr({.steps = 4});
  const Row expected = {0.2, 0.4, 0.6, 0.8, 1, 1};
  for (std::int64_t step = 0; step < 6; ++step) {
    EXPECT_DOUBLE_EQ(warmup.lr(1, step), expected[static_cast<std::size_t>(step)]);
  }
}

// Vaswani et al. 2017, §5.3: d^-0.5 min(n^-0.5, n w^-1.5), n counted from 1.
TEST(ScheduleTest, InverseSquareRootIsTheTransformers) {
  const double d = 512, w = 4000;
  const Schedule schedule = inverse_sqrt_lr({.warmup_steps = 4000});
  for (const std::int64_t step : {0, 1, 100, 3999, 4000, 10000, 99999}) {
    const auto n = static_cast<double>(step + 1);
    const double paper = std::pow(d, -0.5) * std::min(std::pow(n, -0.5), n * std::pow(w, -1.5));
    EXPECT_NEAR(schedule.lr(std::pow(d, -0.5) * std::pow(w, -0.5), step), paper, 1e-12 * paper);
  }
}

TEST(ScheduleTest, WarmupThenCosine) {
  const Schedule schedule = sequential(
      {{10, warmup_lr({.steps = 10})}, {0, cosine_annealing_lr({.steps = 90, .min_lr = 0.1})}});
  EXPECT_DOUBLE_EQ(schedule.lr(1, 0), 1 / 11.0);
  EXPECT_DOUBLE_EQ(schedule.lr(1, 10), 1);
  EXPECT_DOUBLE_EQ(schedule.lr(1, 55), 0.1 + 0.9 * (1 + std::cos(std::numbers::pi / 2)) / 2);
  EXPECT_DOUBLE_EQ(schedule.lr(1, 100), 0.1);
}

TEST(SchedulerTest, EveryGroupHasItsBase) {
  SGD sgd({Variable(zeros({1}), true)}, {.lr = 1});
  sgd.add_group({Variable(zeros({1}), true)}, {.lr = 0.1});
  Scheduler scheduler(sgd, exponential_lr({.gamma = 0.5}));
  scheduler.step();
  EXPECT_EQ(sgd.lr(0), 0.5);
  EXPECT_EQ(sgd.lr(1), 0.05);
  scheduler.go_to(3);
  EXPECT_EQ(sgd.lr(0), 0.125);
  EXPECT_EQ(scheduler.step_count(), 3);
}

TEST(SchedulerTest, MovesBeta1OfAdam) {
  Adam adam({Variable(zeros({1}), true)});
  Scheduler scheduler(adam, one_cycle_lr({.max_lr = 0.5, .steps = 40}));
  EXPECT_EQ(adam.options().beta1, 0.95);
  scheduler.go_to(5);
  EXPECT_NEAR(adam.options().beta1, golden().momenta.at("one_cycle")[5], 1e-14);
}

TEST(SchedulerTest, ThereIsNoStepAfterTheLast) {
  SGD sgd = new_optimizer();
  Scheduler scheduler(sgd, one_cycle_lr({.max_lr = 0.5, .steps = 10}));
  for (int i = 0; i < 10; ++i) scheduler.step();
  const double last = sgd.lr();
  EXPECT_EQ(message_of<ValueError>([&] { scheduler.step(); }),
            "[one_cycle_lr] expected a step between 0 and 10, got 11");
  EXPECT_EQ(message_of<ValueError>([&] { scheduler.go_to(-1); }),
            "[one_cycle_lr] expected a step between 0 and 10, got -1");
  EXPECT_EQ(sgd.lr(), last);
  EXPECT_EQ(scheduler.step_count(), 10);
  const Schedule both = sequential({{5, constant_lr()}, {0, one_cycle_lr({.steps = 10})}});
  EXPECT_EQ(both.last, 15);
  EXPECT_EQ(chained({constant_lr(), one_cycle_lr({.steps = 10})}).last, 10);
}

TEST(SchedulerTest, RatesThatAreNoneAreRefused) {
  SGD sgd = new_optimizer();
  const Schedule falling =
      lambda_lr([](std::int64_t step) { return 1 - static_cast<double>(step); });
  Scheduler scheduler(sgd, falling);
  scheduler.step();
  EXPECT_EQ(message_of<ValueError>([&] { scheduler.step(); }),
            "[lambda_lr] expected a finite lr of at least 0 at step 2, got -0.400000");
  EXPECT_EQ(sgd.lr(), 0);
  EXPECT_EQ(scheduler.step_count(), 1);
  EXPECT_THROW(Scheduler(sgd, Schedule{}), ValueError);
}

TEST(SchedulerTest, StatesThatAreNoneAreRefused) {
  SGD sgd = new_optimizer();
  Scheduler scheduler(sgd, exponential_lr({.gamma = 0.5}));
  scheduler.step();
  SGD other_sgd = new_optimizer();
  const Scheduler other(other_sgd, step_lr({.step_size = 2}));
  EXPECT_EQ(message_of<ValueError>([&] { scheduler.load_state_dict(other.state_dict()); }),
            "[exponential_lr.load_state_dict] entry \"exponential_lr.step\" is missing");
  StateDict state = scheduler.state_dict();
  state[0].second = full({}, -3, {.dtype = DType::kI64});
  EXPECT_THROW(scheduler.load_state_dict(state), ValueError);
  state = scheduler.state_dict();
  state[1].second = zeros({2});
  EXPECT_THROW(scheduler.load_state_dict(state), ShapeError);
  EXPECT_EQ(scheduler.step_count(), 1);
  EXPECT_EQ(sgd.lr(), 0.2);
}

TEST(ScheduleTest, BadOptionsAreNamed) {
  EXPECT_EQ(message_of<ValueError>([] { step_lr({.step_size = 0}); }),
            "[step_lr] expected a step_size above 0, got 0.000000");
  EXPECT_EQ(message_of<ValueError>([] { exponential_lr({.gamma = -0.5}); }),
            "[exponential_lr] expected a finite gamma of at least 0, got -0.500000");
  EXPECT_THROW(lambda_lr(nullptr), ValueError);
  EXPECT_THROW(multiplicative_lr(nullptr), ValueError);
  EXPECT_THROW(multi_step_lr({.milestones = {5, 3}}), ValueError);
  EXPECT_THROW(constant_lr({.factor = -1}), ValueError);
  EXPECT_THROW(constant_lr({.steps = -1}), ValueError);
  EXPECT_THROW(linear_lr({.start_factor = std::nan("")}), ValueError);
  EXPECT_THROW(linear_lr({.steps = 0}), ValueError);
  EXPECT_THROW(warmup_lr({.steps = 0}), ValueError);
  EXPECT_THROW(polynomial_lr({.power = -1}), ValueError);
  EXPECT_THROW(inverse_sqrt_lr({.warmup_steps = 0}), ValueError);
  EXPECT_THROW(cosine_annealing_lr({.steps = 0}), ValueError);
  EXPECT_THROW(cosine_annealing_lr({.steps = 5, .min_lr = -1}), ValueError);
  EXPECT_THROW(cosine_annealing_warm_restarts({.first_steps = 0}), ValueError);
  EXPECT_THROW(cosine_annealing_warm_restarts({.growth = 0}), ValueError);
  EXPECT_THROW(cyclic_lr({.base_lr = 0.5, .max_lr = 0.1}), ValueError);
  EXPECT_THROW(cyclic_lr({.base_lr = 0.1, .max_lr = 0.5, .steps_up = 0}), ValueError);
  EXPECT_THROW(cyclic_lr({.max_lr = 0.5, .cycle_momentum = true, .max_momentum = 1}), ValueError);
  EXPECT_THROW(one_cycle_lr({.max_lr = 0.5}), ValueError);
  EXPECT_THROW(one_cycle_lr({.max_lr = -0.5, .steps = 10}), ValueError);
  EXPECT_THROW(one_cycle_lr({.max_lr = 0.5, .steps = 10, .warmup_share = 1.5}), ValueError);
  EXPECT_THROW(sequential({}), ValueError);
  EXPECT_THROW(sequential({{0, constant_lr()}, {0, constant_lr()}}), ValueError);
  EXPECT_THROW(sequential({{20, one_cycle_lr({.max_lr = 1, .steps = 10})}, {0, constant_lr()}}),
               ValueError);
  EXPECT_EQ(message_of<ValueError>([] {
              chained({constant_lr(), {}});
            }),
            "[chained] expected schedules, got an empty one at 1");
  EXPECT_THROW(chained({}), ValueError);
}

const std::map<std::string, PlateauOptions> kPlateaus = {
    {"plateau", {.patience = 2}},
    {"plateau_max",
     {.higher_is_better = true, .factor = 0.5, .patience = 3, .cooldown = 2, .min_lr = 0.01}},
    {"plateau_absolute",
     {.factor = 0.3, .patience = 1, .threshold = 0.2, .absolute = true, .cooldown = 1}},
    {"plateau_relative", {.factor = 0.3, .patience = 0, .threshold = 0.1, .eps = 0.01}},
};

TEST(PlateauTest, FollowsPyTorchAndResumesAtAnyStep) {
  for (const auto& [name, options] : kPlateaus) {
    const Row& rates = golden().rates.at(name);
    SGD sgd = new_optimizer();
    ReduceLROnPlateau plateau(sgd, options);
    for (std::size_t step = 0; step < rates.size(); ++step) {
      ASSERT_NEAR(sgd.lr(), rates[step], 1e-15) << name << " step " << step;
      SGD other = new_optimizer();
      ReduceLROnPlateau resumed(other, options);
      resumed.load_state_dict(plateau.state_dict());
      other.set_lr(sgd.lr());
      for (std::size_t later = step; later + 1 < rates.size(); ++later) {
        resumed.step(golden().figures[later]);
        ASSERT_NEAR(other.lr(), rates[later + 1], 1e-15) << name << " from " << step;
      }
      plateau.step(golden().figures[step]);
    }
  }
}

TEST(PlateauTest, NaNIsNoProgress) {
  SGD sgd = new_optimizer();
  ReduceLROnPlateau plateau(sgd, {.factor = 0.5, .patience = 1});
  EXPECT_FALSE(plateau.step(1));
  EXPECT_FALSE(plateau.step(std::nan("")));
  EXPECT_TRUE(plateau.step(std::nan("")));
  EXPECT_EQ(sgd.lr(), 0.2);
  EXPECT_EQ(plateau.best(), 1);
}

TEST(PlateauTest, BadOptionsAndStatesAreRefused) {
  SGD sgd = new_optimizer();
  EXPECT_EQ(message_of<ValueError>([&] { ReduceLROnPlateau(sgd, {.factor = 1}); }),
            "[ReduceLROnPlateau] expected a factor in [0,1), got 1.000000");
  EXPECT_THROW(ReduceLROnPlateau(sgd, {.patience = -1}), ValueError);
  EXPECT_THROW(ReduceLROnPlateau(sgd, {.threshold = -1}), ValueError);
  EXPECT_THROW(ReduceLROnPlateau(sgd, {.cooldown = -1}), ValueError);
  EXPECT_THROW(ReduceLROnPlateau(sgd, {.min_lr = -1}), ValueError);
  ReduceLROnPlateau plateau(sgd);
  StateDict state = plateau.state_dict();
  state.pop_back();
  EXPECT_EQ(message_of<ValueError>([&] { plateau.load_state_dict(state); }),
            "[ReduceLROnPlateau.load_state_dict] entry \"plateau.cooldown\" is missing");
}

}  // namespace
}  // namespace tenon::optim
