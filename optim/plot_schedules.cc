// Prints the gnuplot script of the picture in the README: every schedule over a hundred steps.
//
//   ./bazelw run //optim:plot_schedules | gnuplot > optim/schedules.svg

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "optim/optim.h"

namespace tenon::optim {
namespace {

constexpr std::int64_t kSteps = 100;
constexpr int kColumns = 5;

/// What one panel shows; the second curve is drawn thinner.
struct Panel {
  std::string title;
  std::vector<double> rates;
  std::vector<double> others = {};
  std::string other_name = {};
};

Panel panel(const std::string& title, const Schedule& schedule) {
  Panel result{.title = title, .rates = {}};
  for (std::int64_t step = 0; step <= kSteps; ++step) {
    result.rates.push_back(schedule.lr(1, step));
    if (schedule.momentum) {
      if (const auto momentum = schedule.momentum(step)) result.others.push_back(*momentum);
    }
  }
  if (!result.others.empty()) result.other_name = "momentum";
  return result;
}

/// A loss that falls and twice stays where it is.
Panel plateau() {
  SGD sgd({Variable(zeros({1}), true)}, {.lr = 1});
  ReduceLROnPlateau schedule(sgd, {.factor = 0.4, .patience = 5});
  Panel result{.title = "ReduceLROnPlateau", .rates = {}, .other_name = "loss"};
  for (std::int64_t step = 0; step <= kSteps; ++step) {
    const auto t = static_cast<double>(step);
    const double loss =
        0.15 + 0.8 * std::exp(-std::min(t, 25.0) / 12) - 0.1 * std::clamp((t - 45) / 20, 0.0, 1.0);
    result.rates.push_back(sgd.lr());
    result.others.push_back(loss);
    schedule.step(loss);
  }
  return result;
}

std::vector<Panel> all_panels() {
  const auto slower = [](std::int64_t step) { return 1 / (1 + 0.05 * static_cast<double>(step)); };
  const auto shrink = [](std::int64_t step) { return step % 10 == 0 ? 0.75 : 1; };
  const CyclicLrOptions cycle{.base_lr = 0.1, .max_lr = 1, .steps_up = 12};
  CyclicLrOptions halving = cycle, falling = cycle;
  halving.mode = CyclicMode::kTriangular2;
  falling.mode = CyclicMode::kExpRange;
  falling.gamma = 0.98;
  const Schedule cosine = cosine_annealing_lr({.steps = 85});
  return {
      panel("lambda_lr", lambda_lr(slower)),
      panel("multiplicative_lr", multiplicative_lr(shrink)),
      panel("step_lr", step_lr({.step_size = 25, .gamma = 0.4})),
      panel("multi_step_lr", multi_step_lr({.milestones = {40, 60, 85}, .gamma = 0.4})),
      panel("constant_lr", constant_lr({.factor = 1.0 / 3, .steps = 30})),
      panel("linear_lr", linear_lr({.start_factor = 0.2, .steps = 60})),
      panel("exponential_lr", exponential_lr({.gamma = 0.97})),
      panel("polynomial_lr, power 2", polynomial_lr({.steps = 90, .power = 2})),
      panel("inverse_sqrt_lr", inverse_sqrt_lr({.warmup_steps = 15})),
      panel("warmup_lr", warmup_lr({.steps = 15})),
      panel("cosine_annealing_lr", cosine_annealing_lr({.steps = kSteps})),
      panel("cosine_annealing_warm_restarts",
            cosine_annealing_warm_restarts({.first_steps = 14, .growth = 2})),
      panel("cyclic_lr, kTriangular", cyclic_lr(cycle)),
      panel("cyclic_lr, kTriangular2", cyclic_lr(halving)),
      panel("cyclic_lr, kExpRange", cyclic_lr(falling)),
      panel("one_cycle_lr", one_cycle_lr({.max_lr = 1, .steps = kSteps})),
      panel("one_cycle_lr, three_phases",
            one_cycle_lr(
                {.max_lr = 1, .steps = kSteps, .anneal = Anneal::kLinear, .three_phases = true})),
      plateau(),
      panel("sequential: warm-up, cosine",
            sequential({{15, warmup_lr({.steps = 15})}, {0, cosine}})),
      panel("chained: warm-up, exponential",
            chained({warmup_lr({.steps = 15}), exponential_lr({.gamma = 0.97})})),
  };
}

void print_panel(const Panel& p) {
  std::printf("$data << END_OF_DATA\n");
  for (std::size_t i = 0; i < p.rates.size(); ++i) {
    std::printf("%zu %.4f %s\n", i, p.rates[i],
                i < p.others.size() ? std::to_string(p.others[i]).c_str() : "NaN");
  }
  std::printf("END_OF_DATA\nset title '%s'\n", p.title.c_str());
  // Steps are drawn as such: rates hold from one step to the next.
  std::printf("plot $data using 1:2 with steps lw 1.8 lc rgb '#0072b2' title ''");
  if (!p.others.empty()) {
    std::printf(", $data using 1:3 with lines lw 1.2 dt 2 lc rgb '#d55e00' title '%s'",
                p.other_name.c_str());
  }
  std::printf("\n");
}

void print_script() {
  const std::vector<Panel> panels = all_panels();
  const int rows = (static_cast<int>(panels.size()) + kColumns - 1) / kColumns;
  std::printf(
      "set terminal svg size %d,%d font 'Helvetica,11' noenhanced background rgb '#ffffff'\n",
      kColumns * 230, rows * 165);
  std::printf(
      "set multiplot layout %d,%d margins 0.03,0.985,0.04,0.955 spacing 0.032,0.082\n"
      "set border 3 lc rgb '#888888'\nset tics nomirror scale 0.4 tc rgb '#555555'\n"
      "set xrange [0:%d]\nset yrange [0:1.05]\nset xtics 50\nset ytics 0.5\n"
      "set key at graph 1,0.8 right samplen 0.8 font ',9' tc rgb '#555555'\n"
      "set title offset 0,-0.6 tc rgb '#222222'\n",
      rows, kColumns, static_cast<int>(kSteps));
  for (const Panel& p : panels) print_panel(p);
  std::printf("unset multiplot\n");
}

}  // namespace
}  // namespace tenon::optim

int main() { tenon::optim::print_script(); }
