#include "examples/common/page.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "examples/common/table.h"
#include "tensor/io/mapped_file.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

// Beyond this an SVG (a mark for each of thousands of points) is slower to show than its PNG.
constexpr std::uintmax_t kLargePicture = 1 << 20;

// The folder's files that end so, without the ending, sorted.
std::set<std::string> names_of(const std::string& folder, const std::string& ending) {
  std::set<std::string> names;
  std::error_code error;
  for (fs::directory_iterator file(folder, error), end; !error && file != end;
       file.increment(error)) {
    if (file->path().extension() == ending) names.insert(file->path().stem().string());
  }
  return names;
}

absl::Status add_tables(const std::string& folder, train::Report& report) {
  for (const std::string& name : names_of(folder, ".csv")) {
    const std::string path = folder + "/" + name + ".csv";
    const auto text = read_file(path);
    if (!text.ok()) return text.status();
    auto rows = parse_csv(*text);
    if (!rows.ok()) return absl::DataLossError(path + ": " + std::string(rows.status().message()));
    const bool is_result = name == "table";
    (is_result ? report.tables : report.appendix)
        .push_back({is_result ? "Results" : name, *std::move(rows)});
  }
  return absl::OkStatus();
}

absl::Status add_pictures(const std::string& folder, train::Report& report) {
  const std::set<std::string> drawn = names_of(folder, ".svg"), pixels = names_of(folder, ".png");
  std::set<std::string> all = drawn;
  all.insert(pixels.begin(), pixels.end());
  for (const std::string& name : all) {
    std::error_code error;
    std::string path = folder + "/" + name + ".svg";
    const bool large = drawn.contains(name) && fs::file_size(path, error) > kLargePicture;
    if (!drawn.contains(name) || (large && pixels.contains(name))) {
      path = folder + "/" + name + ".png";
    }
    auto file = read_file(path);
    if (!file.ok()) return file.status();
    report.pictures.push_back({name, *std::move(file)});
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status write_page(train::Report report, const std::string& folder) {
  absl::Status status = add_tables(folder, report);
  if (status.ok()) status = add_pictures(folder, report);
  return status.ok() ? train::write_report(report, folder + "/report.html") : status;
}

}  // namespace tenon::examples
