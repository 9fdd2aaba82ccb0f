#include "examples/common/row_trainer.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "data/data_loader.h"
#include "examples/common/result_line.h"
#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "tensor/allocator.h"
#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "tensor/random.h"
#include "train/figure.h"
#include "train/fit.h"
#include "train/metrics.h"

namespace tenon::examples {
namespace {

// Of a convolutional network, more would be hundreds of megabytes of activations.
constexpr std::int64_t kJudgedAtOnce = 250;

// Keeps the records of a run, also of one that ends early.
struct KeepHistory : train::Callback {
  absl::Status on_fit_end(train::Run& run) override {
    history = run.history;
    return absl::OkStatus();
  }

  train::History history;
};

double mean_accuracy(const TrainedRow& row) { return spread(row.test_accuracies).mean; }

std::string group_of(const TrainedRow& row) {
  const std::size_t slash = row.name.find('/');
  return slash == std::string::npos ? "" : row.name.substr(slash + 1);
}

// Of the rows that have something to be drawn, in their order.
std::vector<std::string> groups(const std::vector<TrainedRow>& rows) {
  std::vector<std::string> groups;
  for (const TrainedRow& row : rows) {
    const bool known = std::find(groups.begin(), groups.end(), group_of(row)) != groups.end();
    if (!known && !row.history.empty()) groups.push_back(group_of(row));
  }
  return groups;
}

train::Panel panel(const std::vector<TrainedRow>& rows, const std::string& group,
                   const std::string& title, const char* quantity) {
  train::Panel panel{.title = group.empty() ? title : group + ": " + title, .x_label = "epoch"};
  for (const TrainedRow& row : rows) {
    if (group_of(row) != group || row.history.empty()) continue;
    train::Series series{.label = row.name.substr(0, row.name.find('/')),
                         .y = train::column(row.history, quantity)};
    for (const train::EpochRecord& record : row.history) series.x.push_back(record.epoch);
    panel.series.push_back(std::move(series));
  }
  return panel;
}

// Whether a logarithmic axis would show the values better: it has few marks within one decade.
bool spans_decades(const train::Panel& panel) {
  double low = std::numeric_limits<double>::infinity(), high = 0;
  for (const train::Series& series : panel.series) {
    for (const double y : series.y) {
      if (std::isnan(y)) continue;
      low = std::min(low, y);
      high = std::max(high, y);
    }
  }
  return low > 0 && high > 10 * low;
}

}  // namespace

std::vector<RowOptions> optimizer_rows(
    const std::function<std::unique_ptr<layers::Module>()>& network,
    const std::vector<std::pair<std::string, double>>& rates) {
  std::vector<RowOptions> rows;
  for (const auto& [name, lr] : rates) {
    rows.push_back({.name = name, .network = network, .optimizer = optimizer_maker(name, lr)});
  }
  return rows;
}

RowTrainer::RowTrainer(const data::Dataset& train, const data::Dataset& test,
                       const ExperimentOptions& options)
    : train_(train), test_(test), options_(options) {}

absl::Status RowTrainer::train_seed(const RowOptions& options, std::uint64_t seed,
                                    TrainedRow& row) const {
  const std::int64_t batch_size = options.batch_size > 0 ? options.batch_size : options_.batch_size;
  data::DataLoader train_loader(train_, {.batch_size = batch_size, .shuffle = true, .seed = seed});
  data::DataLoader test_loader(test_, {.batch_size = kJudgedAtOnce});
  manual_seed(seed);
  const auto network = options.network();
  network->to(options_.device);
  const auto optimizer = options.optimizer(network->parameters());

  train::Accuracy accuracy;
  KeepHistory keep;
  train::RateSchedule schedule(options.schedule, options.every);
  std::vector<train::Callback*> callbacks{&keep};
  if (options.schedule.lr) callbacks.push_back(&schedule);
  const auto history = train::fit(*network, train_loader, *optimizer,
                                  {.epochs = options_.epochs,
                                   .metrics = {&accuracy},
                                   .validation = &test_loader,
                                   .callbacks = callbacks});
  if (!history.ok() && !absl::IsAborted(history.status())) return history.status();
  if (!history.ok() && row.stopped.empty()) row.stopped = std::string(history.status().message());
  row.parameters = network->num_parameters();
  if (history.ok() && !history->empty()) {
    row.test_accuracies.push_back(history->back().value("val_accuracy"));
  } else {
    train::evaluate(*network, test_loader, {.metrics = {&accuracy}});
    row.test_accuracies.push_back(accuracy.value());
  }
  row.seconds += training_seconds(keep.history) / static_cast<double>(options_.seeds);
  if (row.history.empty()) row.history = std::move(keep.history);
  if (row.test_accuracies.size() == 1) row.mistakes = find_mistakes(*network, test_);
  return absl::OkStatus();
}

absl::Status RowTrainer::train(const RowOptions& options) {
  TrainedRow row{.name = options.name, .published = options.published};
  for (std::int64_t i = 0; i < options_.seeds; ++i) {
    const absl::Status status =
        train_seed(options, options_.seed + static_cast<std::uint64_t>(i), row);
    if (!status.ok()) return status;
  }
  print_progress(row);
  rows_.push_back(std::move(row));
  return absl::OkStatus();
}

absl::Status RowTrainer::train(const std::vector<RowOptions>& rows) {
  for (const RowOptions& row : rows) {
    if (absl::Status status = train(row); !status.ok()) return status;
  }
  return absl::OkStatus();
}

void RowTrainer::print_progress(const TrainedRow& row) const {
  if (options_.quiet) return;
  std::printf("%-28s %s %% test  %6.1f s\n", row.name.c_str(),
              percent(spread(row.test_accuracies)).c_str(), row.seconds);
  if (!row.stopped.empty()) std::printf("  stopped: %s\n", row.stopped.c_str());
  std::fflush(stdout);
}

// One line per row and epoch; rows may have been stopped at different ones.
absl::Status RowTrainer::write_history() const {
  Table table({"row", "epoch", "train_loss", "train_accuracy", "test_loss", "test_accuracy", "lr"});
  for (const TrainedRow& row : rows_) {
    for (const train::EpochRecord& record : row.history) {
      const auto value = [&](const char* name) { return fixed(record.value(name), 6); };
      table.add_row({row.name, std::to_string(record.epoch), value("train_loss"),
                     value("train_accuracy"), value("val_loss"), value("val_accuracy"),
                     value("lr")});
    }
  }
  return write_file(options_.output("history.csv"), table.to_csv());
}

absl::Status RowTrainer::draw(std::string_view title) const {
  std::vector<train::Panel> panels;
  for (const std::string& group : groups(rows_)) {
    panels.push_back(panel(rows_, group, "test accuracy", "val_accuracy"));
    panels.push_back(panel(rows_, group, "training loss", "train_loss"));
    panels.back().log_y = spans_decades(panels.back());
  }
  if (panels.empty()) return absl::OkStatus();
  const auto plot =
      train::draw_figure(panels, options_.output("curves"), {.title = std::string(title)});
  if (!plot.ok()) return plot.status();
  if (!options_.quiet) {
    std::printf("%s\n", plot->note.empty() ? ("curves: " + plot->png).c_str() : plot->note.c_str());
  }
  return absl::OkStatus();
}

const TrainedRow& RowTrainer::best() const {
  return *std::ranges::max_element(rows_, {}, mean_accuracy);
}

void RowTrainer::print_result(std::string_view experiment) const {
  double seconds = 0;
  for (const TrainedRow& row : rows_) {
    std::printf("ROW experiment=%s name=%s test_accuracy=%.6g seconds=%.6g params=%lld\n",
                std::string(experiment).c_str(), row.name.c_str(), mean_accuracy(row), row.seconds,
                static_cast<long long>(row.parameters));
    seconds += row.seconds * static_cast<double>(options_.seeds);
  }
  ResultLine result(experiment, options_);
  result.add("rows", static_cast<std::int64_t>(rows_.size()));
  result.add("seeds", options_.seeds);
  result.add("best", best().name);
  result.add("test_accuracy", mean_accuracy(best()));
  result.add("peak_bytes", allocator(options_.device).stats().peak_bytes);
  result.add("seconds", seconds);
  result.print();
}

absl::Status RowTrainer::write_table() const {
  Table table({"row", "parameters", "published %", "test %", "train %", "seconds"});
  for (const TrainedRow& row : rows_) {
    const double train =
        row.history.empty() ? std::nan("") : row.history.back().value("train_accuracy");
    table.add_row({row.name, std::to_string(row.parameters),
                   row.published.empty() ? "-" : row.published,
                   percent(spread(row.test_accuracies)) + (row.stopped.empty() ? "" : " (stopped)"),
                   std::isnan(train) ? "-" : percent(train), fixed(row.seconds, 1)});
  }
  std::printf("\n%s\n", table.to_text().c_str());
  return table.write(options_.output("table"));
}

absl::Status RowTrainer::finish(std::string_view experiment, std::string_view title,
                                const std::vector<std::string>& classes) const {
  if (rows_.empty()) throw ValueError("[RowTrainer] expected a row that was trained, got none");
  absl::Status status = write_table();
  if (status.ok()) status = write_history();
  if (status.ok()) status = draw(title);
  if (status.ok())
    status = draw_mistakes(best().mistakes, classes, options_.output("mistakes.png"));
  if (status.ok()) print_result(experiment);
  return status;
}

}  // namespace tenon::examples
