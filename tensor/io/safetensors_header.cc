#include "tensor/io/safetensors_header.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "tensor/error.h"
#include "tensor/io/file_checks.h"

namespace tenon::internal {
namespace {

using nlohmann::json;

constexpr char kMetadataKey[] = "__metadata__";
constexpr int kMaxDims = 64;
constexpr std::size_t kLengthBytes = 8;  // before the header

// The format's name for each dtype, in DType's order.
constexpr std::array<std::string_view, kNumDTypes> kDTypeNames = {"F32", "F64", "BF16", "F16",
                                                                  "I64", "I32", "U8",   "BOOL"};

// Strings from a damaged file may be of any length.
std::string shortened(const std::string& text) {
  return text.size() <= 80 ? text : text.substr(0, 80) + "...";
}

std::string tensor_named(const std::string& name) { return "tensor '" + shortened(name) + "': "; }

// Takes the parser's events. A header has one structure only, so each event is either the one that
// may come next or an error: nothing is built for JSON that is deep, large or otherwise not a
// header.
class HeaderReader {
 public:
  explicit HeaderReader(SafetensorsHeader& header) : header_(header) {}

  absl::Status error() const { return error_; }

  bool null() { return unexpected("null"); }
  bool boolean(bool) { return unexpected("true or false"); }
  bool number_float(double, const std::string& text) { return unexpected(text); }
  bool number_integer(std::int64_t value) { return unexpected(std::to_string(value)); }
  bool binary(json::binary_t&) { return unexpected("binary data"); }

  bool start_object(std::size_t) {
    if (at_ == At::kStart) return go(At::kNames);
    if (at_ == At::kNameValue) return go(name_ == kMetadataKey ? At::kMetadata : At::kEntry);
    return unexpected("an object");
  }

  bool end_object() {
    if (at_ == At::kNames) return go(At::kEnd);
    if (at_ == At::kEntry && seen_ != kAllFields) {
      return fail("expected dtype, shape and data_offsets");
    }
    return go(At::kNames);
  }

  bool start_array(std::size_t) {
    if (at_ == At::kShapeValue) return go(At::kShape);
    if (at_ == At::kOffsetsValue) return go(At::kOffsets);
    return unexpected("an array");
  }

  bool end_array() {
    if (at_ == At::kOffsets && num_offsets_ != 2) return fail("expected two data_offsets");
    return go(At::kEntry);
  }

  bool key(std::string& key) {
    if (at_ == At::kNames) return name_key(key);
    if (at_ == At::kMetadata) return metadata_key(key);
    return field_key(key);
  }

  bool string(std::string& value) {
    if (at_ == At::kMetadataValue) {
      header_.metadata[metadata_key_] = value;
      return go(At::kMetadata);
    }
    if (at_ == At::kDTypeValue) return dtype(value);
    return unexpected("the string '" + shortened(value) + "'");
  }

  bool number_unsigned(std::uint64_t value) {
    if (at_ == At::kShape) return dimension(value);
    if (at_ == At::kOffsets) return data_offset(value);
    return unexpected(std::to_string(value));
  }

  bool parse_error(std::size_t position, const std::string&, const json::exception&) {
    error_ = absl::InvalidArgumentError("expected JSON, got something else near byte " +
                                        std::to_string(kLengthBytes + position));
    return false;
  }

 private:
  enum class At {
    kStart,
    kNames,      // between the tensors
    kNameValue,  // after a tensor's name, or __metadata__
    kMetadata,   // between its strings
    kMetadataValue,
    kEntry,  // between a tensor's fields
    kDTypeValue,
    kShapeValue,
    kShape,  // between its numbers
    kOffsetsValue,
    kOffsets,
    kEnd,
  };
  enum Field : unsigned { kDType = 1, kShapeField = 2, kDataOffsets = 4, kAllFields = 7 };

  bool go(At next) {
    at_ = next;
    return true;
  }

  bool fail(const std::string& what) {
    error_ = absl::InvalidArgumentError(tensor_named(name_) + what);
    return false;
  }

  bool unexpected(const std::string& got) {
    switch (at_) {
      case At::kStart:
        error_ = absl::InvalidArgumentError("expected a JSON object as header, got " + got);
        return false;
      case At::kNameValue:
        return fail("expected an object, got " + got);
      case At::kMetadataValue:
        return fail("expected a string for '" + shortened(metadata_key_) + "', got " + got);
      case At::kDTypeValue:
        return fail("expected a string as dtype, got " + got);
      case At::kShapeValue:
      case At::kShape:
        return fail("expected an array of sizes from 0 as shape, got " + got);
      default:
        return fail("expected two offsets from 0 as data_offsets, got " + got);
    }
  }

  bool name_key(std::string& key) {
    name_ = key;
    if (!names_.insert(key).second) return fail("expected each name once");
    if (key != kMetadataKey) header_.entries.push_back({.name = key});
    seen_ = 0;
    num_offsets_ = 0;
    return go(At::kNameValue);
  }

  bool metadata_key(std::string& key) {
    if (header_.metadata.count(key) != 0) return fail("expected '" + shortened(key) + "' once");
    metadata_key_ = key;
    return go(At::kMetadataValue);
  }

  bool field_key(const std::string& key) {
    if (key == "dtype") return field(kDType, At::kDTypeValue);
    if (key == "shape") return field(kShapeField, At::kShapeValue);
    if (key == "data_offsets") return field(kDataOffsets, At::kOffsetsValue);
    return fail("expected dtype, shape and data_offsets, got '" + shortened(key) + "'");
  }

  bool field(Field field, At next) {
    if ((seen_ & field) != 0) return fail("expected dtype, shape and data_offsets once each");
    seen_ |= field;
    return go(next);
  }

  bool dtype(const std::string& value) {
    const auto found = std::find(kDTypeNames.begin(), kDTypeNames.end(), value);
    if (found == kDTypeNames.end()) {
      error_ = absl::UnimplementedError(
          tensor_named(name_) + "expected dtype F32, F64, BF16, F16, I64, I32, U8 or BOOL, got '" +
          shortened(value) + "'");
      return false;
    }
    header_.entries.back().dtype = static_cast<DType>(found - kDTypeNames.begin());
    return go(At::kEntry);
  }

  bool dimension(std::uint64_t value) {
    Shape& shape = header_.entries.back().shape;
    if (value > std::numeric_limits<std::int64_t>::max()) return unexpected(std::to_string(value));
    if (shape.size() == kMaxDims) return fail("expected at most 64 dimensions");
    shape.push_back(static_cast<std::int64_t>(value));
    return true;
  }

  bool data_offset(std::uint64_t value) {
    if (num_offsets_ == 2) return fail("expected two data_offsets");
    SafetensorsEntry& entry = header_.entries.back();
    (num_offsets_++ == 0 ? entry.begin : entry.end) = value;
    return true;
  }

  SafetensorsHeader& header_;
  absl::Status error_;
  At at_ = At::kStart;
  std::string name_;
  std::string metadata_key_;
  std::unordered_set<std::string> names_;
  unsigned seen_ = 0;
  int num_offsets_ = 0;
};

std::string offsets_of(const SafetensorsEntry& entry) {
  return "[" + std::to_string(entry.begin) + "," + std::to_string(entry.end) + "]";
}

absl::Status check_entry(const SafetensorsEntry& entry, std::uint64_t data_bytes) {
  const std::string who = tensor_named(entry.name);
  const auto bytes = checked_bytes(entry.shape, entry.dtype);
  if (!bytes) {
    return absl::InvalidArgumentError(who + "shape " + to_string(entry.shape) +
                                      " has more bytes than 64 bits can count");
  }
  if (entry.begin > entry.end || entry.end - entry.begin != *bytes) {
    return absl::InvalidArgumentError(who + "expected data_offsets that are " +
                                      std::to_string(*bytes) + " bytes apart (" +
                                      std::string(name(entry.dtype)) + " " +
                                      to_string(entry.shape) + "), got " + offsets_of(entry));
  }
  if (entry.end > data_bytes) {
    return absl::DataLossError(who + "expected data_offsets within the file's " +
                               std::to_string(data_bytes) + " bytes of elements, got " +
                               offsets_of(entry));
  }
  return absl::OkStatus();
}

// Every byte of elements belongs to exactly one tensor.
absl::Status check_cover(const std::vector<SafetensorsEntry>& entries, std::uint64_t data_bytes) {
  std::vector<const SafetensorsEntry*> order;
  for (const SafetensorsEntry& entry : entries) order.push_back(&entry);
  std::sort(order.begin(), order.end(), [](const auto* a, const auto* b) {
    return std::pair(a->begin, a->end) < std::pair(b->begin, b->end);
  });
  std::uint64_t covered = 0;
  for (const SafetensorsEntry* entry : order) {
    if (entry->begin != covered) {
      return absl::InvalidArgumentError(
          tensor_named(entry->name) + "expected data_offsets from " + std::to_string(covered) +
          " (tensors side by side), got " + offsets_of(*entry) +
          (entry->begin < covered ? ", which overlap others" : ", which leave a gap"));
    }
    covered = entry->end;
  }
  if (covered == data_bytes) return absl::OkStatus();
  return absl::InvalidArgumentError("expected the tensors to cover " + std::to_string(data_bytes) +
                                    " bytes of elements, they end at " + std::to_string(covered));
}

std::string quoted(const std::string& text) {
  try {
    return json(text).dump();
  } catch (const json::exception&) {
    throw ValueError("[write_safetensors] expected names and metadata in UTF-8");
  }
}

std::string format_entry(const SafetensorsEntry& entry) {
  const auto dtype = kDTypeNames[static_cast<std::size_t>(entry.dtype)];
  return quoted(entry.name) + R"(:{"dtype":")" + std::string(dtype) + R"(","shape":)" +
         to_string(entry.shape) + R"(,"data_offsets":)" + offsets_of(entry) + "}";
}

}  // namespace

absl::StatusOr<SafetensorsHeader> parse_safetensors_header(std::string_view text,
                                                           std::uint64_t data_bytes) {
  if (text.empty() || text.front() != '{') {
    return absl::InvalidArgumentError("expected '{' as the header's first byte");
  }
  SafetensorsHeader header;
  HeaderReader reader(header);
  if (!json::sax_parse(text.begin(), text.end(), &reader)) return reader.error();
  for (const SafetensorsEntry& entry : header.entries) {
    if (auto status = check_entry(entry, data_bytes); !status.ok()) return status;
  }
  if (auto status = check_cover(header.entries, data_bytes); !status.ok()) return status;
  return header;
}

std::string format_safetensors_header(const SafetensorsHeader& header) {
  std::string text = "{";
  const auto separate = [&text] {
    if (text.size() > 1) text += ',';
  };
  if (!header.metadata.empty()) {
    text += quoted(kMetadataKey) + ":{";
    const char* comma = "";
    for (const auto& [key, value] : header.metadata) {
      text += comma + quoted(key) + ":" + quoted(value);
      comma = ",";
    }
    text += '}';
  }
  for (const SafetensorsEntry& entry : header.entries) {
    separate();
    text += format_entry(entry);
  }
  text += '}';
  constexpr std::size_t kAlignment = 64;
  text.append((kAlignment - (kLengthBytes + text.size()) % kAlignment) % kAlignment, ' ');
  return text;
}

}  // namespace tenon::internal
