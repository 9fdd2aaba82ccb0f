// JSON from files that may be damaged or hostile.
#ifndef TENON_DATA_TOKENIZER_INTERNAL_JSON_FILE_H_
#define TENON_DATA_TOKENIZER_INTERNAL_JSON_FILE_H_

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace tenon::data::text {

/// Parses the whole of `text`, an object. InvalidArgument that names the byte for what is no JSON
/// (NaN and Infinity are none), a key that comes twice in an object, strings that are not UTF-8,
/// and nesting deeper than 64.
absl::StatusOr<nlohmann::json> parse_json(std::string_view text);

/// The same for a file of at most 256 MiB; errors name it.
absl::StatusOr<nlohmann::json> read_json(const std::string& path);

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_INTERNAL_JSON_FILE_H_
