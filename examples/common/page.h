// What an experiment left in its folder, as one HTML page.
//
//   absl::Status written = write_page({.title = "LeNet", .settings = {{"lr", "0.01"}}}, folder);
#ifndef TENON_EXAMPLES_COMMON_PAGE_H_
#define TENON_EXAMPLES_COMMON_PAGE_H_

#include <string>

#include "absl/status/status.h"
#include "train/report.h"

namespace tenon::examples {

/// Adds the folder's table.csv, its other CSV files as the appendix, and its pictures (SVG before
/// PNG of the same name, unless large) to the report, and writes report.html there. The error of a
/// file that cannot be read or written; DataLossError for CSV that is none.
absl::Status write_page(train::Report report, const std::string& folder);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_PAGE_H_
