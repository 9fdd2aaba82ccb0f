// What an experiment shows while it runs and leaves behind: rows, a table, curves.
//
//   Report report("dropout", options, {"network", "train %", "test %"});
//   report.add_trial("wide", trial);                         // its curves, if it is the first
//   seed's report.add_row({"wide", percent(spread(tally.train)), …}, tally); return
//   report.finish("Dropout on 100 pictures");
#ifndef TENON_EXAMPLES_ANIMAL_FACES_REPORT_H_
#define TENON_EXAMPLES_ANIMAL_FACES_REPORT_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "examples/animal_faces/animals.h"
#include "examples/animal_faces/nets.h"
#include "examples/animal_faces/trial.h"
#include "examples/common/experiment.h"
#include "examples/common/result_line.h"
#include "examples/common/table.h"
#include "train/comparison.h"
#include "train/figure.h"

namespace tenon::examples {

class Report {
 public:
  /// All must outlive this. Says whether the data are AFHQ or a stand-in.
  Report(std::string experiment, const ExperimentOptions& options, const Animals& animals,
         std::vector<std::string> head);

  /// Counts the trial's time; the first one of a name gives its curves (of an empty name none).
  void add_trial(const std::string& name, const Trial& trial);
  /// A line of progress.
  void say(const std::string& line) const;
  /// Shows the row at once.
  void add_row(std::vector<std::string> cells, const Tally& tally);
  /// The same with the tally's three accuracies as the last cells.
  void add_judged_row(std::vector<std::string> cells, const Tally& tally);
  /// A picture of one's own beside the curves of training.
  void add_panel(train::Panel panel) { panels_.push_back(std::move(panel)); }

  /// Shows and writes the table (table.csv, table.md), draws curves, panels, and what the network
  /// that was best on the validation pictures got wrong (mistakes.png), and ends with the lines for
  /// scripts, of which the last one also says what `results` does.
  absl::Status finish(const std::string& title,
                      const std::vector<std::pair<std::string, double>>& results);

 private:
  absl::Status draw(const std::string& title) const;

  std::string experiment_;
  const ExperimentOptions& options_;
  const Animals& animals_;
  std::vector<std::string> head_;
  Table table_;
  std::vector<std::string> lines_;  // ROW …
  std::vector<train::NamedRun> runs_;
  std::vector<train::Panel> panels_;
  Mistakes mistakes_;
  double best_ = -1;  // validation accuracy of the network that made them
  double seconds_ = 0;
};

/// Calls `once` with each seed, counts its trials under that name, and gives them together; the
/// first error where there is one.
absl::StatusOr<Tally> over_seeds(
    const ExperimentOptions& options, Report& report, const std::string& name,
    const std::function<absl::StatusOr<Trial>(std::uint64_t seed)>& once);

/// What the networks of a row have in common.
struct RowSetup {
  std::string name;
  Deal deal;
  std::function<Net()> network;
};

/// The same, with pictures dealt and a network made for each seed.
absl::StatusOr<Tally> over_seeds(
    const ExperimentOptions& options, Report& report, const Animals& animals, const RowSetup& setup,
    const std::function<absl::StatusOr<Trial>(layers::Module& net, const Parts& parts,
                                              std::uint64_t seed)>& once);

/// The mean of shares over seeds as a cell: "61.47 ± 1.20".
std::string cell(const std::vector<double>& shares);
double mean(const std::vector<double>& values);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_ANIMAL_FACES_REPORT_H_
