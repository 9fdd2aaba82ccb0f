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

template <class Rule, class RuleOptions>
std::unique_ptr<Optimizer> make_adam(std::vector<Variable> parameters, const Options& options) {
  const RuleOptions defaults;
  return std::make_unique<Rule>(
      std::move(parameters),
      RuleOptions{.lr = options.get("lr", defaults.lr),
                  .beta1 = options.get("beta1", defaults.beta1),
                  .beta2 = options.get("beta2", defaults.beta2),
                  .eps = options.get("eps", defaults.eps),
                  .weight_decay = options.get("weight_decay", defaults.weight_decay)});
}

std::unique_ptr<Optimizer> make(const Trajectory& trajectory, std::vector<Variable> parameters) {
  const Options options(trajectory);
  if (trajectory.optimizer == "Adam") {
    return make_adam<Adam, AdamOptions>(std::move(parameters), options);
  }
  if (trajectory.optimizer == "AdamW") {
    return make_adam<AdamW, AdamWOptions>(std::move(parameters), options);
  }
  return std::make_unique<SGD>(std::move(parameters),
                               SGDOptions{.lr = options.get("lr", 1e-3),
                                          .momentum = options.get("momentum", 0),
                                          .dampening = options.get("dampening", 0),
                                          .weight_decay = options.get("weight_decay", 0),
                                          .nesterov = options.get("nesterov", 0) != 0});
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
  ASSERT_EQ(golden().trajectories.size(), 23u);
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
TEST(TrajectoryTest, SinglePrecision) { expect_trajectory(DType::kF32, 4e-6); }

StateDict clone(const StateDict& state) {
  StateDict copy;
  for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.clone());
  return copy;
}

TEST(TrajectoryTest, SavedAndRestoredEqualsUninterruptedBitForBit) {
  for (const Trajectory& trajectory : golden().trajectories) {
    for (std::size_t pause : {0u, 1u, 4u, 5u, 7u}) {
      Replay whole(trajectory, split(golden().initial, DType::kF32));
      for (std::size_t step = 0; step < pause; ++step) whole.step(step);
      const StateDict saved = clone(whole.optimizer().state_dict());
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
