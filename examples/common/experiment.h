// The command line of an experiment: an example that compares.
//
//   ExperimentOptions options{{.epochs = 10, .batch_size = 100}};
//   Flags flags("optimizers", "Compares update rules on MNIST.");
//   add(flags, options);
#ifndef TENON_EXAMPLES_COMMON_EXPERIMENT_H_
#define TENON_EXAMPLES_COMMON_EXPERIMENT_H_

#include <algorithm>
#include <cstdint>

#include "examples/common/flags.h"

namespace tenon::examples {

struct ExperimentOptions : CommonOptions {
  bool quick = false;      ///< less of everything, to see in seconds that it works
  std::int64_t seeds = 1;  ///< runs per row, with the seeds `seed`, `seed` + 1, …
};

/// The flags of all examples, --quick and --seeds. An experiment that sets its own epochs, learning
/// rates or batch sizes leaves `epochs`, `lr` or `batch_size` at 0, and has no such flag; none can
/// be resumed.
inline void add(Flags& flags, ExperimentOptions& options) {
  flags.add(options, {.epochs = options.epochs != 0,
                      .batch_size = options.batch_size != 0,
                      .lr = options.lr != 0,
                      .resume = false});
  flags.add_count("seeds", options.seeds, "runs per row, with as many seeds");
  flags.add_switch("quick", options.quick, "less of everything, to see in seconds that it works");
}

/// For --quick: one seed, and no more than so many epochs.
inline void shorten(ExperimentOptions& options, int epochs) {
  options.seeds = 1;
  options.epochs = std::min(options.epochs, epochs);
}

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_EXPERIMENT_H_
