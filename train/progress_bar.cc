#include "train/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string_view>

namespace tenon::train {
namespace {

constexpr double kBarInterval = 0.1;
constexpr double kLineInterval = 30;
constexpr int kDefaultColumns = 80;
constexpr int kMinBar = 8;
constexpr int kMaxBar = 32;

constexpr const char* kDim = "\x1b[2m";
constexpr const char* kGreen = "\x1b[32m";
constexpr const char* kPlain = "\x1b[0m";
constexpr const char* kEraseLine = "\r\x1b[2K";

double steady_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// The terminal's file descriptor, or -1.
int terminal(const std::ostream& out) {
  const int fd = &out == &std::cout ? STDOUT_FILENO : &out == &std::cerr ? STDERR_FILENO : -1;
  return fd >= 0 && isatty(fd) ? fd : -1;
}

bool locale_has_utf8() {
  // The first that is set counts, as setlocale has it.
  for (const char* variable : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* value = std::getenv(variable);
    if (!value || !*value) continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

bool wants_colour() {
  const char* no_color = std::getenv("NO_COLOR");
  return !no_color || !*no_color;
}

ProgressStyle resolve(ProgressStyle style, const std::ostream& out) {
  if (style != ProgressStyle::kAuto) return style;
  return terminal(out) >= 0 ? ProgressStyle::kBar : ProgressStyle::kLines;
}

std::string format(const char* pattern, double value) {
  char text[48];
  std::snprintf(text, sizeof text, pattern, value);
  return text;
}

// "0.0123", "1.2e-05", "nan".
std::string number(double value) {
  const double size = std::abs(value);
  return format(size == 0 || (size >= 1e-3 && size < 1e4) ? "%.4f" : "%.3g", value);
}

// "950/s", "12.4k/s", "3.1M/s".
std::string per_second(double rate) {
  if (rate >= 1e6) return format("%.1fM/s", rate / 1e6);
  if (rate >= 1e4) return format("%.1fk/s", rate / 1e3);
  return format("%.0f/s", rate);
}

// "0.4s", "12s", "3:07", "2:05:09".
std::string duration(double seconds) {
  if (seconds < 9.95) return format("%.1fs", seconds);
  const long s = std::lround(seconds);
  char text[48];
  if (s < 60) {
    std::snprintf(text, sizeof text, "%lds", s);
  } else if (s < 3600) {
    std::snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
  } else {
    std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", s / 3600, s / 60 % 60, s % 60);
  }
  return text;
}

std::string readable(std::string name) {
  if (name.rfind("train_", 0) == 0) name.erase(0, 6);
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

std::string listed(const std::vector<NamedValue>& values) {
  std::string text;
  for (const NamedValue& v : values) text += "  " + readable(v.name) + " " + number(v.value);
  return text;
}

std::string repeated(std::string_view piece, int times) {
  std::string text;
  for (int i = 0; i < times; ++i) text += piece;
  return text;
}

}  // namespace

ProgressBar::ProgressBar(const ProgressOptions& options)
    : style_(resolve(options.style, options.out ? *options.out : std::cerr)),
      out_(options.out ? *options.out : std::cerr),
      width_(options.width),
      clock_(options.clock ? options.clock : steady_seconds),
      pretty_(terminal(out_) >= 0 && locale_has_utf8() && wants_colour()) {}

ProgressBar::~ProgressBar() { close_line(); }

void ProgressBar::begin_epoch(int epoch, int epochs, std::int64_t steps) {
  epoch_ = epoch;
  epochs_ = epochs;
  steps_ = steps;
  step_ = 0;
  examples_ = 0;
  epoch_start_ = clock_();
  if (start_ < 0) start_ = epoch_start_;
  next_draw_ = epoch_start_ + (style_ == ProgressStyle::kBar ? kBarInterval : kLineInterval);
}

void ProgressBar::advance(std::int64_t examples) {
  ++step_;
  ++steps_timed_;
  examples_ += examples;
}

bool ProgressBar::due() const { return style_ != ProgressStyle::kSilent && clock_() >= next_draw_; }

double ProgressBar::rate() const { return static_cast<double>(examples_) / std::max(seconds(), 1e-9); }

// What is left at the pace of the whole run so far, validation and all.
double ProgressBar::seconds_left() const {
  const auto left = static_cast<double>((epochs_ - epoch_) * steps_ + steps_ - step_);
  return (clock_() - start_) * left / static_cast<double>(std::max<std::int64_t>(steps_timed_, 1));
}

std::string ProgressBar::heading() const {
  const std::string last = std::to_string(epochs_);
  const std::string now = std::to_string(epoch_);
  return "epoch " + std::string(last.size() - std::min(last.size(), now.size()), ' ') + now + "/" + last;
}

std::string ProgressBar::bar(int width) const {
  const double done = steps_ > 0 ? static_cast<double>(step_) / static_cast<double>(steps_) : 1;
  const int halves = std::clamp(static_cast<int>(done * 2 * width), 0, 2 * width);
  const int full = halves / 2;
  if (!pretty_) {
    const bool tip = full < width;
    return "[" + repeated("=", full) + (tip ? ">" : "") + repeated(" ", width - full - tip) + "]";
  }
  const bool half = halves % 2 == 1;
  return kGreen + repeated("━", full) + (half ? "╸" : "") + kPlain + kDim +
         repeated("─", width - full - half) + kPlain;
}

int ProgressBar::columns() const {
  if (width_ > 0) return width_;
  winsize size{};
  const int fd = terminal(out_);
  return fd >= 0 && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col
                                                                        : kDefaultColumns;
}

void ProgressBar::overwrite(const std::string& line) {
  out_ << kEraseLine << line << std::flush;
  open_line_ = true;
}

void ProgressBar::print_line(const std::string& line) {
  if (open_line_) out_ << kEraseLine;
  open_line_ = false;
  out_ << line << std::endl;
}

void ProgressBar::close_line() {
  if (open_line_) out_ << std::endl;
  open_line_ = false;
}

void ProgressBar::draw(const std::vector<NamedValue>& values) {
  if (style_ == ProgressStyle::kSilent) return;
  const bool lines = style_ == ProgressStyle::kLines;
  next_draw_ = clock_() + (lines ? kLineInterval : kBarInterval);
  const double percent = 100.0 * static_cast<double>(step_) / static_cast<double>(std::max<std::int64_t>(steps_, 1));
  const std::string text = format("%3.0f%%", percent) + listed(values) + "  " + per_second(rate()) +
                           "  " + duration(seconds_left()) + " left";
  if (lines) return print_line(heading() + "  " + text);
  // The last column stays free: some terminals wrap when it is written.
  const int room = columns() - 1;
  const int width = std::min(kMaxBar, room - static_cast<int>(heading().size() + text.size()) - 6);
  if (width >= kMinBar) return overwrite(heading() + "  " + bar(width) + "  " + text);
  overwrite((heading() + "  " + text).substr(0, static_cast<std::size_t>(std::max(room, 0))));
}

void ProgressBar::end_epoch(const std::vector<NamedValue>& values) {
  if (style_ == ProgressStyle::kSilent) return;
  std::string line = heading() + listed(values) + "  ";
  const std::string timing = per_second(rate()) + "  " + duration(seconds());
  line += pretty_ ? kDim + timing + kPlain : timing;
  print_line(line);
}

absl::Status ProgressBar::on_epoch_begin(Run& run) {
  begin_epoch(run.epoch + 1, run.epochs, run.loader.num_batches());
  return absl::OkStatus();
}

absl::Status ProgressBar::on_batch_end(Run& run, const data::Batch& batch) {
  advance(batch.size());
  step_ = run.loader.state().batch;  // an epoch that was resumed did not begin at 0
  if (!due()) return absl::OkStatus();
  std::vector<NamedValue> values{{"loss", run.loss.value()}};
  for (const Metric* metric : run.metrics) values.push_back({metric->name(), metric->value()});
  draw(values);
  return absl::OkStatus();
}

absl::Status ProgressBar::on_epoch_end(Run& run) {
  std::vector<NamedValue> values = run.history.back().values;
  std::erase_if(values, [](const NamedValue& v) { return v.name == "seconds" || v.name == "items_per_second" || v.name == "lr"; });
  end_epoch(values);
  return absl::OkStatus();
}

// A run that ends within an epoch leaves its bar where it got to.
absl::Status ProgressBar::on_fit_end(Run&) {
  close_line();
  return absl::OkStatus();
}

}  // namespace tenon::train
