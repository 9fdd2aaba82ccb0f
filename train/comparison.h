// Several runs beside each other.
//
//   std::vector<NamedRun> runs = {{"sgd", *read_csv("sgd/metrics.csv")}, {"adam", …}};
//   std::fputs(comparison_table(runs).c_str(), stdout);
//   absl::StatusOr<Plot> plot = plot_comparison(runs, "comparison");
//
// `./bazelw run //train:compare -- sgd adam --out=comparison` does so for run folders.
#ifndef TENON_TRAIN_COMPARISON_H_
#define TENON_TRAIN_COMPARISON_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "train/history.h"
#include "train/plot.h"

namespace tenon::train {

struct NamedRun {
  std::string name;
  History history;
};

/// A row for each run: epochs, seconds of training, and of each other quantity the last value, and
/// the best one with its epoch (the least of a name that ends in "loss" or "perplexity", else the
/// largest).
std::string comparison_table(const std::vector<NamedRun>& runs);

/// The same as CSV: run,quantity,last,best,best_epoch.
std::string comparison_csv(const std::vector<NamedRun>& runs);

/// Writes `<base>.svg` and `<base>.png`: a panel for each quantity with a curve for each run that
/// has it. As plot_curves() otherwise.
absl::StatusOr<Plot> plot_comparison(const std::vector<NamedRun>& runs, const std::string& base,
                                     const PlotOptions& options = {});

}  // namespace tenon::train

#endif  // TENON_TRAIN_COMPARISON_H_
