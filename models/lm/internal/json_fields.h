// The values of a JSON object by key, checked.
//
//   JsonFields fields(object);
//   config.layers = fields.integer("num_layers", 1, 1000);
//   if (!fields.status().ok()) return fields.status();
#ifndef TENON_MODELS_LM_INTERNAL_JSON_FIELDS_H_
#define TENON_MODELS_LM_INTERNAL_JSON_FIELDS_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tenon::models {

/// Text of an object as JSON: at most 64 levels deep, each key once, numbers finite. Errors name
/// the byte or the key.
absl::StatusOr<nlohmann::json> parse_json_object(std::string_view text);
/// The same of a file of at most 16 MiB; errors name it.
absl::StatusOr<nlohmann::json> read_json_object(const std::string& path);

/// Each getter returns the value of a key, or `otherwise` where the key is missing or null. The
/// first value that is not as expected is remembered as an error.
class JsonFields {
 public:
  explicit JsonFields(const nlohmann::json& object) : object_(object) {}

  bool has(const char* key) const;
  std::int64_t integer(const char* key, std::int64_t low, std::int64_t high,
                       std::optional<std::int64_t> otherwise = std::nullopt);
  double number(const char* key, double low, double high,
                std::optional<double> otherwise = std::nullopt);
  bool boolean(const char* key, bool otherwise);
  std::string string(const char* key, std::optional<std::string> otherwise = std::nullopt);
  /// An integer or a list of them.
  std::vector<std::int64_t> integers(const char* key, std::int64_t low, std::int64_t high);
  std::vector<std::string> strings(const char* key);
  const nlohmann::json& at(const char* key) const { return object_.at(key); }

  /// Remembers an error "key 'x': <what>", where there is none yet.
  void fail(const char* key, const std::string& what, bool unimplemented = false);
  const absl::Status& status() const { return status_; }

 private:
  const nlohmann::json* find(const char* key, bool required, const char* what);
  void expect(const char* key, const std::string& what, const nlohmann::json& got);

  const nlohmann::json& object_;
  absl::Status status_;
};

}  // namespace tenon::models

#endif  // TENON_MODELS_LM_INTERNAL_JSON_FIELDS_H_
