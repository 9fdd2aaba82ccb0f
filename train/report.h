// One page that says everything about a run: no files beside it, no network.
//
//   Report report{.title = "8x8 digits", .settings = {{"lr", "0.001"}}, .history = *history,
//                 .confusion = &confusion};
//   report.pictures.push_back({"what it got wrong", png_bytes});
//   absl::Status written = write_report(report, "run/report.html");
#ifndef TENON_TRAIN_REPORT_H_
#define TENON_TRAIN_REPORT_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "train/history.h"
#include "train/metrics.h"

namespace tenon::train {

struct Picture {
  std::string caption;
  std::string file;  ///< the bytes of a PNG (data/image/png.h writes them) or SVG file
};

/// Rows of cells, the first of which is the head.
struct ReportTable {
  std::string caption;
  std::vector<std::vector<std::string>> rows;
};

struct Report {
  std::string title = {};
  std::vector<std::pair<std::string, std::string>> settings = {};
  std::vector<std::pair<std::string, std::string>> results = {};  ///< {{"test accuracy", "0.991"}}
  std::vector<ReportTable> tables = {};                           ///< of results
  std::vector<ReportTable> appendix = {};  ///< of what is looked up, at the page's end
  History history = {};
  const ConfusionMatrix* confusion = nullptr;  ///< none where null
  std::vector<std::string> classes = {};       ///< the classes' names; their numbers where empty
  std::vector<Picture> pictures = {};
};

/// The page: settings, results and other tables, curves (SVG, through gnuplot), the records of all
/// epochs, the confusion matrix, and the pictures, all within one HTML text. Where gnuplot is
/// missing the page says so in the curves' place. Throws ValueError where the number of class names
/// is not that of the classes. InternalError where gnuplot fails.
absl::StatusOr<std::string> report_html(const Report& report);

/// Writes that, whole or not at all.
absl::Status write_report(const Report& report, const std::string& path);

}  // namespace tenon::train

#endif  // TENON_TRAIN_REPORT_H_
