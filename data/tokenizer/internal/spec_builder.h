// Puts a TokenizerSpec together and checks that its parts agree.
#ifndef TENON_DATA_TOKENIZER_INTERNAL_SPEC_BUILDER_H_
#define TENON_DATA_TOKENIZER_INTERNAL_SPEC_BUILDER_H_

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "data/tokenizer/spec.h"

namespace tenon::data::text {

/// A text for a message: shortened, with what cannot be printed escaped.
std::string shown(std::string_view text);

class SpecBuilder {
 public:
  explicit SpecBuilder(TokenizerSpec& spec) : spec_(spec) {}

  /// A vocabulary: an object of spelling -> id. Each id once, and below twice the number of tokens
  /// (plus a thousand): nothing is allocated for an id that is merely claimed.
  absl::Status add_vocabulary(const nlohmann::json& vocabulary);
  /// One token of a vocabulary.
  absl::Status add(const std::string& spelling, std::int64_t id);
  /// A token beside the vocabulary, or one of it that is to be found in texts.
  absl::Status add_token(const AddedToken& token);
  /// The next merge in order; `left` + `right` must be in the vocabulary, as both must.
  absl::Status add_merge(std::string_view left, std::string_view right);

  /// The id of a spelling, or kNoToken.
  std::int32_t find(std::string_view spelling) const;

 private:
  absl::Status put(const std::string& spelling, std::int64_t id, std::size_t limit);

  TokenizerSpec& spec_;
  absl::flat_hash_map<std::string, std::int32_t> ids_;
  std::string joined_;
};

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_INTERNAL_SPEC_BUILDER_H_
