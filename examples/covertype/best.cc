// Trees from a map: the deep and cross network made large, with a rate that rises and falls.
//
//   ./bazelw run //examples/covertype:best
#include <memory>

#include "examples/common/optimizers.h"
#include "examples/covertype/problem.h"
#include "models/tabular.h"
#include "optim/schedule.h"

namespace tenon::examples {
namespace {

RowOptions row(const ExperimentOptions& options, std::int64_t steps) {
  models::TabularOptions columns = covertype_columns();
  columns.hidden = {512, 512, 256};
  return {
      .name = "best",
      .published = ">= 90",
      .network = [=] { return std::make_unique<models::DeepCross>(columns); },
      .optimizer = optimizer_maker("adamw", options.lr, 1e-2),
      .schedule = optim::one_cycle_lr(
          {.max_lr = options.lr, .steps = steps, .warmup_share = 0.2, .cycle_momentum = false})};
}

}  // namespace
}  // namespace tenon::examples

int main(int argc, char** argv) {
  using namespace tenon::examples;
  return run_covertype(argc, argv,
                       {.name = "best",
                        .description = "A large deep and cross network on UCI Covertype.",
                        .defaults = {{.epochs = 40, .batch_size = 265, .lr = 5e-3}},
                        .make_row = row});
}
