// What a training run measured, one record per epoch, in memory and as CSV.
//
//   History history = fit(net, loader, optimizer, {.epochs = 10}).value();
//   double last = history.back().value("train_loss");
//   std::vector<double> curve = column(history, "val_accuracy");
//   absl::Status saved = write_csv(history, "run/metrics.csv");
#ifndef TENON_TRAIN_HISTORY_H_
#define TENON_TRAIN_HISTORY_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tenon::train {

struct NamedValue {
  std::string name = {};  ///< "train_loss", "val_accuracy": no commas, no line ends
  double value = 0;

  bool operator==(const NamedValue&) const = default;
};

struct EpochRecord {
  int epoch = 0;  ///< counted from 1
  std::vector<NamedValue> values = {};

  /// NaN where there is no value of that name.
  double value(std::string_view name) const;
  bool operator==(const EpochRecord&) const = default;
};

using History = std::vector<EpochRecord>;

/// The value of that name. FailedPreconditionError that lists the names there are where it is absent,
/// as "val_loss" without a validation set.
absl::StatusOr<double> monitored(const EpochRecord& record, std::string_view name);

/// The names of all values, in the order of their first appearance.
std::vector<std::string> names(const History& history);

/// One value per record, NaN where a record lacks it.
std::vector<double> column(const History& history, std::string_view name);

/// "epoch,train_loss,…", a line per record, numbers in the fewest digits that read back exactly; an
/// absent value is an empty field.
std::string to_csv(const History& history);

/// Writes to_csv() in place of the file, whole or not at all.
absl::Status write_csv(const History& history, const std::string& path);

/// Reads what write_csv wrote. DataLossError that names the file and the line where it is not so.
absl::StatusOr<History> read_csv(const std::string& path);

}  // namespace tenon::train

#endif  // TENON_TRAIN_HISTORY_H_
