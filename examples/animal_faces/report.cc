#include "examples/animal_faces/report.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <utility>

#include "examples/common/statistics.h"
#include "tensor/random.h"

namespace tenon::examples {
namespace {

void name_picture(const train::Plot& plot) {
  std::printf("%s\n", plot.note.empty() ? plot.png.c_str() : plot.note.c_str());
}

// Letters, digits, dots and minus signs, the rest as single underscores: names as scripts like
// them.
std::string key_of(const std::string& text) {
  std::string key;
  for (const char c : text) {
    const bool plain = std::isalnum(static_cast<unsigned char>(c)) || c == '.' || c == '-';
    if (plain || (!key.empty() && key.back() != '_')) key += plain ? c : '_';
  }
  return key;
}

}  // namespace

std::string cell(const std::vector<double>& shares) { return percent(spread(shares)); }
double mean(const std::vector<double>& values) { return spread(values).mean; }

absl::StatusOr<Tally> over_seeds(
    const ExperimentOptions& options, Report& report, const std::string& name,
    const std::function<absl::StatusOr<Trial>(std::uint64_t seed)>& once) {
  Tally tally;
  for (std::int64_t s = 0; s < options.seeds; ++s) {
    const absl::StatusOr<Trial> trial = once(options.seed + static_cast<std::uint64_t>(s));
    if (!trial.ok()) return trial.status();
    report.add_trial(name, *trial);
    tally.add(*trial);
  }
  return tally;
}

absl::StatusOr<Tally> over_seeds(
    const ExperimentOptions& options, Report& report, const Animals& animals, const RowSetup& setup,
    const std::function<absl::StatusOr<Trial>(layers::Module& net, const Parts& parts,
                                              std::uint64_t seed)>& once) {
  return over_seeds(options, report, setup.name, [&](std::uint64_t seed) -> absl::StatusOr<Trial> {
    const auto parts = deal(animals, setup.deal, seed);
    if (!parts.ok()) return parts.status();
    manual_seed(seed);
    const Net net = setup.network();
    return once(*net, *parts, seed);
  });
}

Report::Report(std::string experiment, const ExperimentOptions& options, const Animals& animals,
               std::vector<std::string> head)
    : experiment_(std::move(experiment)),
      options_(options),
      animals_(animals),
      head_(head),
      table_(std::move(head)) {
  if (options.quiet) return;
  std::printf("%s: %lld + %lld pictures%s\n", animals_.name.c_str(),
              static_cast<long long>(animals.train.size()),
              static_cast<long long>(animals.test.size()),
              animals_.name == "afhq" ? "" : ", a stand-in for Animal Faces HQ: not its figures");
}

void Report::add_trial(const std::string& name, const Trial& trial) {
  seconds_ += trial.seconds;
  if (trial.validation_accuracy > best_) {
    best_ = trial.validation_accuracy;
    mistakes_ = trial.mistakes;
  }
  if (name.empty()) return;
  const bool known = std::any_of(runs_.begin(), runs_.end(),
                                 [&](const train::NamedRun& run) { return run.name == name; });
  if (!known) runs_.push_back({name, trial.history});
}

void Report::say(const std::string& line) const {
  if (options_.quiet) return;
  std::printf("%s\n", line.c_str());
  std::fflush(stdout);
}

void Report::add_row(std::vector<std::string> cells, const Tally& tally) {
  std::string shown = head_.front() + " " + cells.front() + ":";
  for (std::size_t i = 1; i < cells.size(); ++i) {
    shown += (i == 1 ? " " : ", ") + head_.at(i) + " " + cells[i];
  }
  say(shown);
  char line[256];
  std::snprintf(line, sizeof line, " train_accuracy=%.6g val_accuracy=%.6g test_accuracy=%.6g",
                mean(tally.train), mean(tally.validation), mean(tally.test));
  lines_.push_back("ROW experiment=" + experiment_ + " name=" + key_of(cells.front()) + line);
  table_.add_row(std::move(cells));
}

void Report::add_judged_row(std::vector<std::string> cells, const Tally& tally) {
  for (const auto* shares : {&tally.train, &tally.validation, &tally.test}) {
    cells.push_back(cell(*shares));
  }
  add_row(std::move(cells), tally);
}

absl::Status Report::draw(const std::string& title) const {
  if (!runs_.empty()) {
    const auto plot = train::plot_comparison(runs_, options_.output("curves"), {.title = title});
    if (!plot.ok()) return plot.status();
    name_picture(*plot);
  }
  if (!panels_.empty()) {
    const auto plot = train::draw_figure(panels_, options_.output("figure"), {.title = title});
    if (!plot.ok()) return plot.status();
    name_picture(*plot);
  }
  return draw_mistakes(mistakes_, animals_.classes, options_.output("mistakes.png"));
}

absl::Status Report::finish(const std::string& title,
                            const std::vector<std::pair<std::string, double>>& results) {
  std::printf("\n%s\n", table_.to_text().c_str());
  if (absl::Status status = table_.write(options_.output("table")); !status.ok()) return status;
  if (absl::Status status = draw(title + ", " + animals_.name); !status.ok()) return status;
  for (const std::string& line : lines_) std::printf("%s\n", line.c_str());
  ResultLine result(experiment_, options_);
  result.add("data", animals_.name);
  result.add("seeds", options_.seeds);
  for (const auto& [key, value] : results) result.add(key, value);
  result.add("seconds", seconds_);
  result.print();
  return absl::OkStatus();
}

}  // namespace tenon::examples
