#include "models/lm/internal/json_fields.h"

#include <cmath>
#include <unordered_set>

#include "tensor/io/mapped_file.h"

namespace tenon::models {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxBytes = std::size_t{16} << 20;
constexpr int kMaxDepth = 64;

/// Values from a damaged file may be of any size.
std::string shortened(const json& value) {
  if (value.is_structured()) return value.is_array() ? "an array" : "an object";
  const std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  return text.size() <= 80 ? text : text.substr(0, 80) + "...";
}

/// Sees the parser's events before a value is built: depth and keys that come twice.
class Guard {
 public:
  bool operator()(int depth, json::parse_event_t event, const json& parsed) {
    if (depth > kMaxDepth) return fail("expected at most 64 levels");
    if (event == json::parse_event_t::object_start) keys_.emplace_back();
    if (event == json::parse_event_t::object_end) keys_.pop_back();
    if (event == json::parse_event_t::key &&
        !keys_.back().insert(parsed.get<std::string>()).second) {
      return fail("expected the key " + shortened(parsed) + " once");
    }
    return true;
  }
  const std::string& error() const { return error_; }

 private:
  bool fail(std::string error) {
    error_ = std::move(error);
    throw *this;
  }

  std::vector<std::unordered_set<std::string>> keys_;
  std::string error_;
};

}  // namespace

absl::StatusOr<json> parse_json_object(std::string_view text) {
  Guard guard;
  json object;
  try {
    object = json::parse(text, [&](int depth, json::parse_event_t event, json& parsed) {
      return guard(depth, event, parsed);
    });
  } catch (const Guard& stopped) {
    return absl::InvalidArgumentError(stopped.error());
  } catch (const json::parse_error& error) {
    return absl::InvalidArgumentError("expected JSON, got something else near byte " +
                                      std::to_string(error.byte));
  } catch (const json::exception&) {
    return absl::InvalidArgumentError("expected JSON, got a number out of range");
  }
  if (!object.is_object()) {
    return absl::InvalidArgumentError("expected a JSON object, got " + shortened(object));
  }
  return object;
}

absl::StatusOr<json> read_json_object(const std::string& path) {
  const auto text = read_file(path, kMaxBytes);
  if (!text.ok()) return text.status();
  auto object = parse_json_object(*text);
  if (object.ok()) return object;
  return absl::Status(object.status().code(), path + ": " + std::string(object.status().message()));
}

bool JsonFields::has(const char* key) const {
  const auto found = object_.find(key);
  return found != object_.end() && !found->is_null();
}

void JsonFields::fail(const char* key, const std::string& what, bool unimplemented) {
  if (!status_.ok()) return;
  const std::string message = std::string("key '") + key + "': " + what;
  status_ = unimplemented ? absl::UnimplementedError(message) : absl::InvalidArgumentError(message);
}

void JsonFields::expect(const char* key, const std::string& what, const json& got) {
  fail(key, "expected " + what + ", got " + shortened(got));
}

const json* JsonFields::find(const char* key, bool required, const char* what) {
  if (has(key)) return &object_.at(key);
  if (required) fail(key, std::string("expected ") + what + ", got none");
  return nullptr;
}

std::int64_t JsonFields::integer(const char* key, std::int64_t low, std::int64_t high,
                                 std::optional<std::int64_t> otherwise) {
  const json* value = find(key, !otherwise, "an integer");
  if (!value) return otherwise.value_or(low);
  const bool fits = value->is_number_integer() &&
                    !(value->is_number_unsigned() && value->get<std::uint64_t>() > INT64_MAX) &&
                    value->get<std::int64_t>() >= low && value->get<std::int64_t>() <= high;
  if (fits) return value->get<std::int64_t>();
  expect(key, "an integer from " + std::to_string(low) + " to " + std::to_string(high), *value);
  return otherwise.value_or(low);
}

double JsonFields::number(const char* key, double low, double high,
                          std::optional<double> otherwise) {
  const json* value = find(key, !otherwise, "a number");
  if (!value) return otherwise.value_or(low);
  if (value->is_number() && value->get<double>() >= low && value->get<double>() <= high) {
    return value->get<double>();
  }
  expect(key, "a number from " + json(low).dump() + " to " + json(high).dump(), *value);
  return otherwise.value_or(low);
}

bool JsonFields::boolean(const char* key, bool otherwise) {
  const json* value = find(key, false, "true or false");
  if (!value) return otherwise;
  if (value->is_boolean()) return value->get<bool>();
  expect(key, "true or false", *value);
  return otherwise;
}

std::string JsonFields::string(const char* key, std::optional<std::string> otherwise) {
  const json* value = find(key, !otherwise, "a string");
  if (!value) return otherwise.value_or("");
  if (value->is_string()) return value->get<std::string>();
  expect(key, "a string", *value);
  return otherwise.value_or("");
}

std::vector<std::int64_t> JsonFields::integers(const char* key, std::int64_t low,
                                               std::int64_t high) {
  std::vector<std::int64_t> numbers;
  const json* value = find(key, false, "integers");
  if (!value) return numbers;
  const json list = value->is_array() ? *value : json::array({*value});
  for (const json& item : list) {
    if (!item.is_number_integer() || item.get<std::int64_t>() < low ||
        item.get<std::int64_t>() > high) {
      expect(key, "integers from " + std::to_string(low) + " to " + std::to_string(high), item);
      return {};
    }
    numbers.push_back(item.get<std::int64_t>());
  }
  return numbers;
}

std::vector<std::string> JsonFields::strings(const char* key) {
  std::vector<std::string> texts;
  const json* value = find(key, false, "strings");
  if (!value) return texts;
  if (!value->is_array()) {
    expect(key, "an array of strings", *value);
    return {};
  }
  for (const json& item : *value) {
    if (!item.is_string()) {
      expect(key, "strings", item);
      return {};
    }
    texts.push_back(item.get<std::string>());
  }
  return texts;
}

}  // namespace tenon::models
