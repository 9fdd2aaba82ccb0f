#include "examples/common/mnist_rows.h"

#include <algorithm>
#include <cstdint>

#include "examples/common/image_problem.h"

namespace tenon::examples {
namespace {

// Of a quick run: examples in all rows together, and how many a row has at least and at most.
constexpr std::int64_t kQuickExamples = 7'200, kFewest = 300, kMost = 1'500;

}  // namespace

absl::Status train_on_mnist(std::string_view experiment, std::string_view title,
                            const std::vector<RowOptions>& rows, ExperimentOptions options) {
  Taken taken;
  if (options.quick) {
    options.epochs = 1;
    const std::int64_t share = kQuickExamples / std::max<std::int64_t>(std::ssize(rows), 1);
    taken = {.train = std::clamp(share, kFewest, kMost), .test = 300};
  }
  const auto mnist = load_mnist_problem(options, taken);
  if (!mnist.ok()) return mnist.status();
  const data::TensorDataset train_set = dataset(mnist->train);
  const data::TensorDataset test_set = dataset(mnist->test);
  RowTrainer trainer(train_set, test_set, options);
  if (absl::Status status = trainer.train(rows); !status.ok()) return status;
  return trainer.finish(experiment, title);
}

}  // namespace tenon::examples
