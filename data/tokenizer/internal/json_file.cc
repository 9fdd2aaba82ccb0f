#include "data/tokenizer/internal/json_file.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "tensor/io/file_checks.h"
#include "tensor/io/mapped_file.h"

namespace tenon::data::text {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxDepth = 64;
constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

// Takes the parser's events and builds the value, because the library's own builder takes any depth
// and the last of several equal keys.
class Builder {
 public:
  explicit Builder(json& root) : root_(root) {}

  const absl::Status& error() const { return error_; }

  bool null() { return add(nullptr); }
  bool boolean(bool value) { return add(value); }
  bool number_integer(std::int64_t value) { return add(value); }
  bool number_unsigned(std::uint64_t value) { return add(value); }
  bool number_float(double value, const std::string&) { return add(value); }
  bool string(std::string& value) { return add(std::move(value)); }
  bool binary(json::binary_t&) { return fail("expected JSON, got binary data"); }
  bool start_object(std::size_t) { return open(json::object()); }
  bool start_array(std::size_t) { return open(json::array()); }
  bool end_object() { return close(); }
  bool end_array() { return close(); }

  bool key(std::string& key) {
    json& object = *open_.back();
    if (object.contains(key)) return fail("expected each key once, got '" + key + "' twice");
    slot_ = &object[key];
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    return fail("expected JSON, got something else near byte " + std::to_string(position));
  }

 private:
  bool fail(const std::string& what) {
    error_ = absl::InvalidArgumentError(what);
    return false;
  }

  json* place(json value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    if (open_.back()->is_array()) {
      open_.back()->push_back(std::move(value));
      return &open_.back()->back();
    }
    *slot_ = std::move(value);
    return slot_;
  }

  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json value) {
    if (open_.size() == kMaxDepth) {
      return fail("expected JSON at most " + std::to_string(kMaxDepth) + " levels deep");
    }
    open_.push_back(place(std::move(value)));
    return true;
  }

  bool close() {
    open_.pop_back();
    return true;
  }

  json& root_;
  std::vector<json*> open_;  // objects and arrays around the next value
  json* slot_ = nullptr;     // the value of the last key
  absl::Status error_;
};

}  // namespace

absl::StatusOr<json> parse_json(std::string_view text) {
  json root;
  Builder builder(root);
  if (!json::sax_parse(text.begin(), text.end(), &builder)) return builder.error();
  if (root.is_object()) return root;
  return absl::InvalidArgumentError("expected a JSON object");
}

absl::StatusOr<json> read_json(const std::string& path) {
  const auto text = read_file(path, kMaxBytes);
  if (!text.ok()) return text.status();
  auto root = parse_json(*text);
  if (!root.ok()) return internal::with_path(path, root.status());
  return root;
}

}  // namespace tenon::data::text
