// Lays the records of several runs over each other.
//
//   ./bazelw run //train:compare -- RUN_FOLDER_OR_CSV... [--out=BASE]
//
// Prints a table; with --out also writes BASE.csv, BASE.svg and BASE.png.

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tensor/io/atomic_file.h"
#include "train/comparison.h"

namespace tenon::train {
namespace {

namespace fs = std::filesystem;

// As the user means it: `bazel run` starts programs in a folder of its own.
std::string user_path(const std::string& path) {
  const char* folder = std::getenv("BUILD_WORKING_DIRECTORY");
  return folder ? (fs::path(folder) / path).string() : path;
}

absl::StatusOr<NamedRun> read_run(const std::string& argument) {
  fs::path path = user_path(argument);
  if (fs::is_directory(path)) path /= "metrics.csv";
  absl::StatusOr<History> history = read_csv(path.string());
  if (!history.ok()) return history.status();
  return NamedRun{argument, *std::move(history)};
}

absl::Status compare(const std::vector<std::string>& arguments, const std::string& out) {
  std::vector<NamedRun> runs;
  for (const std::string& argument : arguments) {
    absl::StatusOr<NamedRun> run = read_run(argument);
    if (!run.ok()) return run.status();
    runs.push_back(*std::move(run));
  }
  std::fputs(comparison_table(runs).c_str(), stdout);
  if (out.empty()) return absl::OkStatus();
  const std::string base = user_path(out);
  if (absl::Status status = write_file(base + ".csv", comparison_csv(runs)); !status.ok()) {
    return status;
  }
  const absl::StatusOr<Plot> plot = plot_comparison(runs, base);
  if (plot.ok() && !plot->note.empty()) std::printf("%s\n", plot->note.c_str());
  return plot.status();
}

int main(int argc, char** argv) {
  const std::string kOut = "--out=";
  std::vector<std::string> runs;
  std::string out;
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    if (argument.starts_with(kOut)) {
      out = argument.substr(kOut.size());
    } else {
      runs.push_back(argument);
    }
  }
  if (runs.empty() || runs[0].starts_with("-")) {
    std::fprintf(stderr, "usage: %s RUN_FOLDER_OR_CSV... [--out=BASE]\n", argv[0]);
    return 2;
  }
  const absl::Status status = compare(runs, out);
  if (!status.ok()) std::fprintf(stderr, "compare: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 2;
}

}  // namespace
}  // namespace tenon::train

int main(int argc, char** argv) { return tenon::train::main(argc, argv); }
