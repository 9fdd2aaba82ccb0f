#include "examples/common/result_line.h"

#include <cstdio>

#include "tensor/allocator.h"

namespace tenon::examples {

double training_seconds(const train::History& history) {
  double seconds = 0;
  for (const train::EpochRecord& record : history) seconds += record.value("seconds");
  return seconds;
}

ResultLine::ResultLine(std::string_view experiment, const CommonOptions& options)
    : line_("RESULT") {
  add("experiment", experiment);
  add("seed", std::to_string(options.seed));
  add("epochs", std::int64_t{options.epochs});
  add("device", to_string(options.device));
}

void ResultLine::add(std::string_view key, std::string_view value) {
  line_.append(" ").append(key).append("=").append(value);
}

void ResultLine::add(std::string_view key, double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.6g", value);
  add(key, std::string_view(text));
}

void ResultLine::add(std::string_view key, std::int64_t value) { add(key, std::to_string(value)); }

void ResultLine::add_costs(const train::History& history, std::int64_t items, Device device) {
  const double seconds = training_seconds(history);
  add("peak_bytes", allocator(device).stats().peak_bytes);
  add("seconds", seconds);
  add("items_per_second",
      static_cast<double>(items) * static_cast<double>(history.size()) / seconds);
}

void ResultLine::print() const {
  std::printf("%s\n", line_.c_str());
  std::fflush(stdout);
}

}  // namespace tenon::examples
