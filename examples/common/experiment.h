// The command line of an experiment: an example that compares.
//
//   ExperimentOptions options{{.epochs = 10, .batch_size = 100}};
//   Flags flags("optimizers", "Compares update rules on MNIST.");
//   add(flags, options);
#ifndef TENON_EXAMPLES_COMMON_EXPERIMENT_H_
#define TENON_EXAMPLES_COMMON_EXPERIMENT_H_

#include <cstdint>

#include "examples/common/flags.h"

namespace tenon::examples {

struct ExperimentOptions : CommonOptions {
  bool quick = false;      ///< less of everything, to see in seconds that it works
  std::int64_t seeds = 1;  ///< runs per row, with the seeds `seed`, `seed` + 1, …
};

/// The flags of all examples, --quick and --seeds.
inline void add(Flags& flags, ExperimentOptions& options) {
  flags.add(options);
  flags.add_count("seeds", options.seeds, "runs per row, with as many seeds");
  flags.add_switch("quick", options.quick, "less of everything, to see in seconds that it works");
}

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_EXPERIMENT_H_
