#include "train/internal/run_state_json.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>
#include <vector>

namespace tenon::train::internal {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

// JSON has no NaN and no infinities.
json number_to_json(double value) {
  if (std::isfinite(value)) return value;
  return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
}

double number_from_json(const json& value) {
  if (value.is_number()) return value.get<double>();
  const auto& text = value.get_ref<const std::string&>();
  constexpr double kInf = std::numeric_limits<double>::infinity();
  if (text == "nan") return std::numeric_limits<double>::quiet_NaN();
  if (text == "inf") return kInf;
  if (text == "-inf") return -kInf;
  throw std::invalid_argument("expected a number, got \"" + text + "\"");
}

std::int64_t count_from_json(const json& object, const char* name,
                             std::int64_t largest = std::numeric_limits<std::int64_t>::max()) {
  const json& value = object.at(name);
  // Integers in [0, 2^63) are kept as unsigned ones by the parser.
  if (!value.is_number_unsigned() || value.get<std::uint64_t>() > static_cast<std::uint64_t>(largest)) {
    throw std::invalid_argument("expected \"" + std::string(name) + "\" from 0 to " +
                                std::to_string(largest) + ", got " + value.dump());
  }
  return value.get<std::int64_t>();
}

int epoch_from_json(const json& object) {
  return static_cast<int>(count_from_json(object, "epoch", std::numeric_limits<int>::max()));
}

std::uint64_t word_from_json(const json& object, const char* name) {
  const json& value = object.at(name);
  if (value.is_number_unsigned()) return value.get<std::uint64_t>();
  throw std::invalid_argument("expected \"" + std::string(name) + "\" to be an unsigned integer, got " +
                              value.dump());
}

json record_to_json(const EpochRecord& record) {
  json values = json::array();
  for (const NamedValue& v : record.values) values.push_back({v.name, number_to_json(v.value)});
  return {{"epoch", record.epoch}, {"values", std::move(values)}};
}

EpochRecord record_from_json(const json& object) {
  EpochRecord record{.epoch = epoch_from_json(object)};
  for (const json& v : object.at("values")) {
    record.values.push_back({v.at(0).get<std::string>(), number_from_json(v.at(1))});
  }
  return record;
}

json sums_to_json(const std::vector<std::vector<double>>& sums) {
  json all = json::array();
  for (const std::vector<double>& one : sums) {
    json numbers = json::array();
    for (const double value : one) numbers.push_back(number_to_json(value));
    all.push_back(std::move(numbers));
  }
  return all;
}

std::vector<std::vector<double>> sums_from_json(const json& all) {
  std::vector<std::vector<double>> sums;
  for (const json& one : all) {
    sums.emplace_back();
    for (const json& value : one) sums.back().push_back(number_from_json(value));
  }
  return sums;
}

SavedRun read(const json& object) {
  SavedRun run;
  run.state.epoch = epoch_from_json(object);
  run.state.step = count_from_json(object, "step");
  run.state.loader.epoch = count_from_json(object.at("loader"), "epoch");
  run.state.loader.batch = count_from_json(object.at("loader"), "batch");
  run.state.best = number_from_json(object.at("best"));
  run.state.sums = sums_from_json(object.at("sums"));
  for (const json& record : object.at("history")) {
    run.state.history.push_back(record_from_json(record));
  }
  for (const json& s : object.at("settings")) {
    run.state.settings.emplace_back(s.at(0).get<std::string>(), s.at(1).get<std::string>());
  }
  const json& generator = object.at("generator");
  run.generator = Generator(word_from_json(generator, "seed"), word_from_json(generator, "offset"));
  return run;
}

}  // namespace

std::string to_json(const SavedRun& run) {
  const RunState& state = run.state;
  json history = json::array();
  for (const EpochRecord& record : state.history) history.push_back(record_to_json(record));
  json settings = json::array();
  for (const auto& [name, value] : state.settings) settings.push_back({name, value});
  const ordered_json object = {
      {"epoch", state.epoch},
      {"step", state.step},
      {"loader", {{"epoch", state.loader.epoch}, {"batch", state.loader.batch}}},
      {"generator", {{"seed", run.generator.seed()}, {"offset", run.generator.offset()}}},
      {"best", number_to_json(state.best)},
      {"settings", std::move(settings)},
      {"sums", sums_to_json(state.sums)},
      {"history", std::move(history)},
  };
  return object.dump();
}

absl::StatusOr<SavedRun> from_json(const std::string& text) {
  try {
    return read(json::parse(text));
  } catch (const std::exception& e) {
    return absl::DataLossError(e.what());
  }
}

}  // namespace tenon::train::internal
