// The last line of every example, for scripts.
//
//   ResultLine result("quickstart", options);
//   result.add("test_accuracy", 0.9833);
//   result.print();       // RESULT experiment=quickstart seed=1 epochs=12 device=cpu
//   test_accuracy=0.9833
#ifndef TENON_EXAMPLES_COMMON_RESULT_LINE_H_
#define TENON_EXAMPLES_COMMON_RESULT_LINE_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "examples/common/flags.h"
#include "train/history.h"

namespace tenon::examples {

/// Seconds of training in all epochs.
double training_seconds(const train::History& history);

/// Keys mean the same in all examples: `train_accuracy`, `val_accuracy`, `test_accuracy` (0 to 1),
/// `test_loss`, `params`, `trainable_params`, `peak_bytes` (of tensors), `seconds` (of training
/// alone), `items_per_second`.
class ResultLine {
 public:
  /// Begins with experiment, seed, epochs and device.
  ResultLine(std::string_view experiment, const CommonOptions& options);
  /// A line "ROW key=value …", of an experiment that has several.
  static ResultLine row() { return ResultLine("ROW"); }

  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, double value);
  void add(std::string_view key, std::int64_t value);
  /// seconds and items_per_second of a run over `items` items per epoch, and peak_bytes.
  void add_costs(const train::History& history, std::int64_t items, Device device);

  /// On standard output.
  void print() const;

 private:
  explicit ResultLine(std::string line) : line_(std::move(line)) {}

  std::string line_;
};

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_RESULT_LINE_H_
