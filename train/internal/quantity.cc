#include "train/internal/quantity.h"

#include <algorithm>
#include <cmath>

namespace tenon::train::internal {

std::pair<std::string, std::string> split_name(const std::string& name) {
  for (const std::string prefix : {"train_", "val_", "test_"}) {
    if (name.rfind(prefix, 0) == 0) {
      return {prefix.substr(0, prefix.size() - 1), name.substr(prefix.size())};
    }
  }
  return {"", name};
}

std::string readable(std::string name) {
  if (name == "lr") return "learning rate";
  std::replace(name.begin(), name.end(), '_', ' ');
  return name;
}

bool is_drawn(const std::string& name, const std::vector<double>& values) {
  if (name == "seconds" || name == "items_per_second" || name == "peak_bytes") return false;
  const auto finite =
      std::find_if(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
  if (finite == values.end()) return false;
  return name != "lr" || std::any_of(finite, values.end(), [&](double v) { return v != *finite; });
}

Series over_epochs(const History& history, const std::string& name, const std::string& label) {
  Series series{.label = readable(label), .y = column(history, name)};
  for (const EpochRecord& record : history) series.x.push_back(record.epoch);
  return series;
}

}  // namespace tenon::train::internal
