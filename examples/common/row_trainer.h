// Networks trained one after another on the same examples, a row of an experiment's table each.
//
//   RowTrainer trainer(train_set, test_set, options);
//   absl::Status status = trainer.train({
//       .name = "he/adam",
//       .published = "97.8",
//       .network = [] { return std::make_unique<models::Mlp>(…); },
//       .optimizer = optimizer_maker("adam", 1e-3)});
//   // he/adam                    97.92 % test    12.3 s
//   if (!status.ok()) return status;
//   return trainer.finish("optimizers", "First weights and optimizers");
#ifndef TENON_EXAMPLES_COMMON_ROW_TRAINER_H_
#define TENON_EXAMPLES_COMMON_ROW_TRAINER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "data/dataset.h"
#include "examples/common/experiment.h"
#include "examples/common/mistakes.h"
#include "examples/common/optimizers.h"
#include "layers/module.h"
#include "optim/schedule.h"
#include "train/history.h"
#include "train/schedules.h"

namespace tenon::examples {

struct RowOptions {
  std::string name = {};       ///< without spaces
  std::string published = {};  ///< the test accuracy in percent that others give, for the table
  /// Called after the seed is set: the first weights depend on it alone.
  std::function<std::unique_ptr<layers::Module>()> network = {};
  OptimizerMaker optimizer = {};
  std::int64_t batch_size = 0;    ///< the experiment's where 0
  optim::Schedule schedule = {};  ///< a constant rate where it has no function
  train::Every every = train::Every::kStep;
};

/// A row for each optimizer, named after it, with its learning rate; the same network.
std::vector<RowOptions> optimizer_rows(
    const std::function<std::unique_ptr<layers::Module>()>& network,
    const std::vector<std::pair<std::string, double>>& rates);

/// What training with each seed gave.
struct TrainedRow {
  std::string name = {};
  std::string published = {};
  std::int64_t parameters = 0;
  std::vector<double> test_accuracies = {};  ///< after the last epoch, one for each seed
  double seconds = 0;                        ///< of training with one seed, on average
  train::History history = {};               ///< of the first seed; "val_…" are the test set's
  std::string stopped = {};                  ///< what stopped training before its end; else empty
  Mistakes mistakes = {};                    ///< of the first seed
};

class RowTrainer {
 public:
  /// The sets and the options must outlive it.
  RowTrainer(const data::Dataset& train, const data::Dataset& test,
             const ExperimentOptions& options);

  /// Trains the row `options.seeds` times, the i-th with the seed `options.seed` + i, and prints a
  /// line. A loss that is not a number ends training, and is part of the result; other errors of
  /// fit() are returned.
  absl::Status train(const RowOptions& row);
  absl::Status train(const std::vector<RowOptions>& rows);

  const std::vector<TrainedRow>& rows() const { return rows_; }

  /// Writes the table (table.csv, table.md), the rows' histories (history.csv) and their curves
  /// (curves.svg, curves.png) to the output folder, and where the examples are images the first
  /// that the best row got wrong (mistakes.png; `classes` are names for the labels); prints the
  /// table, a ROW line for each row and the RESULT line, with the best row's accuracy and the
  /// seconds of all. Rows named "he/adam" are drawn in the panels of "adam". Throws ValueError
  /// where no row was trained.
  absl::Status finish(std::string_view experiment, std::string_view title,
                      const std::vector<std::string>& classes = {}) const;

 private:
  absl::Status train_seed(const RowOptions& options, std::uint64_t seed, TrainedRow& row) const;
  const TrainedRow& best() const;
  void print_progress(const TrainedRow& row) const;
  absl::Status write_table() const;
  absl::Status write_history() const;
  absl::Status draw(std::string_view title) const;
  void print_result(std::string_view experiment) const;

  const data::Dataset& train_;
  const data::Dataset& test_;
  const ExperimentOptions& options_;
  std::vector<TrainedRow> rows_;
};

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_ROW_TRAINER_H_
