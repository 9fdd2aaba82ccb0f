// What the experiments on UCI Covertype share: the rows, the table, the way to run.
//
//   int main(int argc, char** argv) {
//     return run_covertype(argc, argv, {.name = "baseline", .published = "76", .make_row = …});
//   }
#ifndef TENON_EXAMPLES_COVERTYPE_PROBLEM_H_
#define TENON_EXAMPLES_COVERTYPE_PROBLEM_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "examples/common/experiment.h"
#include "examples/common/optimizers.h"
#include "examples/common/row_trainer.h"
#include "models/tabular.h"

namespace tenon::examples {

/// 10 numbers, 4 wilderness areas and 40 soil types as vectors of 2 and 6, two hidden layers of 32,
/// dropout 0.1: the published example's. Networks take the rows [N,12] of
/// data::covertype_dataset().
models::TabularOptions covertype_columns();

/// A network with Adam at the constant rate `options.lr`, as the published example trains them.
template <class Network>
RowOptions covertype_row(const std::string& name, const std::string& published,
                         const ExperimentOptions& options) {
  return {.name = name,
          .published = published,
          .network = [] { return std::make_unique<Network>(covertype_columns()); },
          .optimizer = optimizer_maker("adam", options.lr)};
}

struct CovertypeExperiment {
  std::string name = {};
  std::string description = {};
  /// As many updates as the published 50 epochs over all 581,012 rows make.
  ExperimentOptions defaults = {{.epochs = 275, .batch_size = 265, .lr = 1e-3}};
  /// The row to train, once the flags are read; `steps` are the updates of the whole run.
  std::function<RowOptions(const ExperimentOptions& options, std::int64_t steps)> make_row = {};
};

/// Reads the flags, splits the rows (85 % to train on, by class), trains, and ends as
/// RowTrainer::finish() does. --quick: a tenth of the rows, 2 epochs. --save_split also writes
/// split.safetensors, for others to train on the same rows.
int run_covertype(int argc, char** argv, const CovertypeExperiment& experiment);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COVERTYPE_PROBLEM_H_
