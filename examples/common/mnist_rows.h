// Rows of a table that are all trained on MNIST.
//
//   return train_on_mnist("optimizers", "Update rules on MNIST", rows, options);
#ifndef TENON_EXAMPLES_COMMON_MNIST_ROWS_H_
#define TENON_EXAMPLES_COMMON_MNIST_ROWS_H_

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "examples/common/experiment.h"
#include "examples/common/row_trainer.h"

namespace tenon::examples {

/// Trains each row on the 60,000 images, judges it on the 10,000, and ends as RowTrainer::finish()
/// does. With --quick on 3,000 and 1,000 of them, for one epoch.
absl::Status train_on_mnist(std::string_view experiment, std::string_view title,
                            const std::vector<RowOptions>& rows, ExperimentOptions options);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_MNIST_ROWS_H_
