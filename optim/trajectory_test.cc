// Ten steps on fixed gradients, against PyTorch's (optim/testdata/make_trajectories.py), and the
// same runs interrupted, saved and restored.

#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "optim/optim.h"
#include "optim/testing.h"

namespace tenon::optim {
namespace {

using Row = std::vector<double>;

struct Trajectory {
  std::string name;
  std::string optimizer;
  std::map<std::string, double> options;
  std::vector<Row> rows;
};

struct Golden {
  Row initial;
  std::vector<Row> gradients;
  std::vector<Trajectory> trajectories;
};

Row read_row(const std::string& line) {
  std::istringstream in(line);
  Row row;
  for (double value; in >> value;) row.push_back(value);
  return row;
}

Trajectory read_case(const std::string& line) {
  std::istringstream in(line);
  Trajectory result;
  std::string word;
  in >> word >> result.name >> result.optimizer;
  while (in >> word) {
    const std::size_t equals = word.find('=');
    result.options[word.substr(0, equals)] = std::stod(word.substr(equals + 1));
  }
  return result;
}

Golden read_golden() {
  Golden golden;
  std::ifstream in("optim/testdata/trajectories.txt");
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("case ")) {
      golden.trajectories.push_back(read_case(line));
    } else if (!golden.trajectories.empty()) {
      golden.trajectories.back().rows.push_back(read_row(line));
    } else if (line == "initial") {
      std::getline(in, line);
      golden.initial = read_row(line);
    } else if (line != "gradients") {
      golden.gradients.push_back(read_row(line));
    }
  }
  return golden;
}

const Golden& golden() {
  static const Golden kGolden = read_golden();
  return kGolden;
}

Tensor piece(const Row& row, std::size_t begin, const Shape& shape, DType dtype) {
  const auto count = static_cast<std::size_t>(numel(shape));
  return from_vector(Row(row.begin() + static_cast<std::ptrdiff_t>(begin),
                         row.begin() + static_cast<std::ptrdiff_t>(begin + count)),
                     shape)
      .to(dtype);
}

std::vector<Tensor> split(const Row& row, DType dtype) {
  return {piece(row, 0, {2, 2}, dtype), piece(row, 4, {3}, dtype)};
}

/// Options of a case, by PyTorch's names, with its defaults.
class Options {
 public:
  explicit Options(const Trajectory& trajectory) : values_(trajectory.options) {}
  double get(const std::string& key, double otherwise) const {
    const auto found = values_.find(key);
    return found == values_.end() ? otherwise : found->second;
  }

 private:
  const std::map<std::string, double>& values_;
};

using Made = std::unique_ptr<Optimizer>;

template <class Rule, class RuleOptions>
Made make_adam(std::vector<Variable> p, const Options& o) {
  const RuleOptions d;
  return std::make_unique<Rule>(std::move(p),
                                RuleOptions{.lr = o.get("lr", d.lr),
                                            .beta1 = o.get("beta1", d.beta1),
                                            .beta2 = o.get("beta2", d.beta2),
                                            .eps = o.get("eps", d.eps),
                                            .weight_decay = o.get("weight_decay", d.weight_decay),
                                            .amsgrad = o.get("amsgrad", 0) != 0});
}

Made make_sgd(std::vector<Variable> p, const Options& o, bool decoupled) {
  return std::make_unique<SGD>(std::move(p), SGDOptions{.lr = o.get("lr", 1e-3),
                                                        .momentum = o.get("momentum", 0),
                                                        .dampening = o.get("dampening", 0),
                                                        .weight_decay = o.get("weight_decay", 0),
                                                        .nesterov = o.get("nesterov", 0) != 0,
                                                        .decoupled = decoupled});
}

Made make_adagrad(std::vector<Variable> p, const Options& o) {
  const AdagradOptions d;
  return std::make_unique<Adagrad>(
      std::move(p), AdagradOptions{.lr = o.get("lr", d.lr),
                                   .lr_decay = o.get("lr_decay", d.lr_decay),
                                   .weight_decay = o.get("weight_decay", d.weight_decay),
                                   .initial_accumulator = o.get("initial_accumulator_value", 0),
                                   .eps = o.get("eps", d.eps)});
}

Made make_adadelta(std::vector<Variable> p, const Options& o) {
  const AdadeltaOptions d;
  return std::make_unique<Adadelta>(
      std::move(p), AdadeltaOptions{.lr = o.get("lr", d.lr),
                                    .rho = o.get("rho", d.rho),
                                    .eps = o.get("eps", d.eps),
                                    .weight_decay = o.get("weight_decay", d.weight_decay)});
}

Made make_rmsprop(std::vector<Variable> p, const Options& o) {
  const RMSpropOptions d;
  return std::make_unique<RMSprop>(
      std::move(p), RMSpropOptions{.lr = o.get("lr", d.lr),
                                   .alpha = o.get("alpha", d.alpha),
                                   .eps = o.get("eps", d.eps),
                                   .weight_decay = o.get("weight_decay", d.weight_decay),
                                   .momentum = o.get("momentum", d.momentum),
                                   .centered = o.get("centered", 0) != 0});
}

Made make_adamax(std::vector<Variable> p, const Options& o) {
  const AdamaxOptions d;
  return std::make_unique<Adamax>(
      std::move(p), AdamaxOptions{.lr = o.get("lr", d.lr),
                                  .beta1 = o.get("beta1", d.beta1),
                                  .beta2 = o.get("beta2", d.beta2),
                                  .eps = o.get("eps", d.eps),
                                  .weight_decay = o.get("weight_decay", d.weight_decay)});
}

Made make_nadam(std::vector<Variable> p, const Options& o) {
  const NAdamOptions d;
  return std::make_unique<NAdam>(
      std::move(p), NAdamOptions{.lr = o.get("lr", d.lr),
                                 .beta1 = o.get("beta1", d.beta1),
                                 .beta2 = o.get("beta2", d.beta2),
                                 .eps = o.get("eps", d.eps),
                                 .weight_decay = o.get("weight_decay", d.weight_decay),
                                 .decoupled = o.get("decoupled_weight_decay", 0) != 0,
                                 .momentum_decay = o.get("momentum_decay", d.momentum_decay)});
}

Made make_radam(std::vector<Variable> p, const Options& o) {
  const RAdamOptions d;
  return std::make_unique<RAdam>(
      std::move(p), RAdamOptions{.lr = o.get("lr", d.lr),
                                 .beta1 = o.get("beta1", d.beta1),
                                 .beta2 = o.get("beta2", d.beta2),
                                 .eps = o.get("eps", d.eps),
                                 .weight_decay = o.get("weight_decay", d.weight_decay),
                                 .decoupled = o.get("decoupled_weight_decay", 0) != 0});
}

Made make_lion(std::vector<Variable> p, const Options& o) {
  const LionOptions d;
  return std::make_unique<Lion>(std::move(p),
                                LionOptions{.lr = o.get("lr", d.lr),
                                            .beta1 = o.get("beta1", d.beta1),
                                            .beta2 = o.get("beta2", d.beta2),
                                            .weight_decay = o.get("weight_decay", d.weight_decay)});
}

/// The matrix alone; the iteration in the parameters' own precision.
Made make_muon(std::vector<Variable> p, const Options& o) {
  const MuonOptions d;
  const bool match = o.get("match_adamw", 0) != 0;
  return std::make_unique<Muon>(
      std::vector<Variable>{p[0]},
      MuonOptions{.lr = o.get("lr", d.lr),
                  .weight_decay = o.get("weight_decay", d.weight_decay),
                  .momentum = o.get("momentum", d.momentum),
                  .nesterov = o.get("nesterov", 1) != 0,
                  .scale = match ? MuonScale::kMatchAdamW : MuonScale::kOriginal,
                  .compute_dtype = p[0].dtype()});
}

Made make(const Trajectory& trajectory, const std::vector<Variable>& p) {
  const Options o(trajectory);
  const std::string& name = trajectory.optimizer;
  if (name == "SGD" || name == "SGDW") return make_sgd(p, o, name == "SGDW");
  if (name == "Adam") return make_adam<Adam, AdamOptions>(p, o);
  if (name == "AdamW") return make_adam<AdamW, AdamWOptions>(p, o);
  if (name == "Adagrad") return make_adagrad(p, o);
  if (name == "Adadelta") return make_adadelta(p, o);
  if (name == "RMSprop") return make_rmsprop(p, o);
  if (name == "Adamax") return make_adamax(p, o);
  if (name == "NAdam") return make_nadam(p, o);
  if (name == "RAdam") return make_radam(p, o);
  if (name == "Lion") return make_lion(p, o);
  if (name == "Muon") return make_muon(p, o);
  throw ValueError("an optimizer of another name: " + name);
}

/// Parameters and their optimizer, driven through the steps of one case.
class Replay {
 public:
  Replay(const Trajectory& trajectory, std::vector<Tensor> values)
      : trajectory_(trajectory), dtype_(values[0].dtype()) {
    for (Tensor& value : values) parameters_.emplace_back(std::move(value), true);
    optimizer_ = make(trajectory, parameters_);
  }

  void step(std::size_t number) {
    const Options options(trajectory_);
    if (number == 5) optimizer_->set_lr(options.get("lr_from_6", optimizer_->lr()));
    optimizer_->zero_grad();
    const std::vector<Tensor> grads = split(golden().gradients[number], dtype_);
    parameters_[0].set_grad(grads[0]);
    const bool skipped = options.get("skip", 0) != 0 && number >= 3 && number <= 5;
    if (!skipped) parameters_[1].set_grad(grads[1]);
    optimizer_->step();
  }

  std::vector<Tensor> values() const { return {parameters_[0].value(), parameters_[1].value()}; }
  Row row() const {
    Row row;
    for (const Tensor& value : values()) {
      for (double element : value.to(DType::kF64).to_vector<double>()) row.push_back(element);
    }
    return row;
  }
  Optimizer& optimizer() { return *optimizer_; }

 private:
  const Trajectory& trajectory_;
  DType dtype_;
  std::vector<Variable> parameters_;
  std::unique_ptr<Optimizer> optimizer_;
};

TEST(TrajectoryTest, TheFileIsWhole) {
  ASSERT_EQ(golden().initial.size(), 7u);
  ASSERT_EQ(golden().gradients.size(), 10u);
  ASSERT_EQ(golden().trajectories.size(), 112u);
  for (const Trajectory& t : golden().trajectories) ASSERT_EQ(t.rows.size(), 10u) << t.name;
}

void expect_trajectory(DType dtype, double tolerance) {
  for (const Trajectory& trajectory : golden().trajectories) {
    Replay run(trajectory, split(golden().initial, dtype));
    for (std::size_t step = 0; step < trajectory.rows.size(); ++step) {
      run.step(step);
      const Row got = run.row();
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_NEAR(got[i], trajectory.rows[step][i], tolerance)
            << trajectory.name << " step " << step << " element " << i;
      }
    }
  }
}

// Ten steps of a handful of operations on numbers up to about 20: some 100 roundings of 2^-53 and
// 2^-24, relative.
TEST(TrajectoryTest, DoublePrecision) { expect_trajectory(DType::kF64, 2e-13); }
// Muon's iteration multiplies errors: its polynomial has slope 3.4 at 0, five times in a row.
TEST(TrajectoryTest, SinglePrecision) { expect_trajectory(DType::kF32, 8e-6); }

TEST(TrajectoryTest, SavedAndRestoredEqualsUninterruptedBitForBit) {
  for (const Trajectory& trajectory : golden().trajectories) {
    for (std::size_t pause : {0u, 1u, 4u, 5u, 7u}) {
      Replay whole(trajectory, split(golden().initial, DType::kF32));
      for (std::size_t step = 0; step < pause; ++step) whole.step(step);
      const StateDict saved = testing::clone(whole.optimizer().state_dict());
      std::vector<Tensor> values = whole.values();
      for (Tensor& value : values) value = value.clone();
      Replay resumed(trajectory, values);
      resumed.optimizer().load_state_dict(saved);
      for (std::size_t step = pause; step < 10; ++step) {
        whole.step(step);
        resumed.step(step);
      }
      EXPECT_EQ(whole.row(), resumed.row()) << trajectory.name << " after " << pause;
    }
  }
}

}  // namespace
}  // namespace tenon::optim
