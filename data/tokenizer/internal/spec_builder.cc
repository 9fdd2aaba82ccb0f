#include "data/tokenizer/internal/spec_builder.h"

#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"

namespace tenon::data::text {
namespace {

using nlohmann::json;

constexpr std::size_t kShown = 60;
constexpr std::size_t kSpareIds = 1000;
// No vocabulary has tokens of a kilobyte; merges make them longer by joining.
constexpr std::size_t kMaxTokenBytes = 1 << 16;

absl::Status invalid(const std::string& what) { return absl::InvalidArgumentError(what); }

}  // namespace

std::string shown(std::string_view text) {
  const auto head = text.substr(0, kShown);
  std::size_t offset = 0;
  const bool plain = is_utf8(head, offset) || head.size() - offset < 4;
  const std::string escaped = plain ? absl::Utf8SafeCHexEscape({head.data(), offset})
                                    : absl::CHexEscape({head.data(), head.size()});
  return "'" + escaped + (head.size() < text.size() ? "…'" : "'");
}

absl::Status SpecBuilder::put(const std::string& spelling, std::int64_t id, std::size_t limit) {
  if (spelling.empty())
    return invalid("expected tokens that are not empty, got '' for " + std::to_string(id));
  if (spelling.size() > kMaxTokenBytes) {
    return invalid("expected tokens of at most 65536 bytes, got " +
                   std::to_string(spelling.size()));
  }
  if (id < 0 || id >= static_cast<std::int64_t>(limit)) {
    return invalid(shown(spelling) + ": expected an id from 0 to " + std::to_string(limit - 1) +
                   ", got " + std::to_string(id));
  }
  const auto index = static_cast<std::size_t>(id);
  if (index >= spec_.tokens.size()) spec_.tokens.resize(index + 1);
  if (!spec_.tokens[index].empty() && spec_.tokens[index] != spelling) {
    return invalid("expected ids that differ, got " + std::to_string(id) + " for " +
                   shown(spec_.tokens[index]) + " and " + shown(spelling));
  }
  const auto [known, fresh] = ids_.emplace(spelling, static_cast<std::int32_t>(id));
  if (!fresh && known->second != id) {
    return invalid(shown(spelling) + ": expected one id, got " + std::to_string(known->second) +
                   " and " + std::to_string(id));
  }
  spec_.tokens[index] = spelling;
  return absl::OkStatus();
}

absl::Status SpecBuilder::add_vocabulary(const json& vocabulary) {
  if (!vocabulary.is_object() || vocabulary.empty()) {
    return invalid("expected an object of tokens and ids as vocabulary");
  }
  const std::size_t limit = 2 * vocabulary.size() + kSpareIds;
  ids_.reserve(vocabulary.size());
  for (const auto& [spelling, id] : vocabulary.items()) {
    if (!id.is_number_integer()) {
      return invalid(shown(spelling) + ": expected an integer as id");
    }
    const bool too_large = id.is_number_unsigned() &&
                           id.get<std::uint64_t>() > std::numeric_limits<std::int32_t>::max();
    const std::int64_t value = too_large ? -1 : id.get<std::int64_t>();
    if (auto status = put(spelling, value, limit); !status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status SpecBuilder::add(const std::string& spelling, std::int64_t id) {
  return put(spelling, id, 2 * spec_.tokens.size() + kSpareIds);
}

absl::Status SpecBuilder::add_token(const AddedToken& token) {
  if (auto status = add(token.content, token.id); !status.ok()) return status;
  spec_.added.push_back(token);
  return absl::OkStatus();
}

absl::Status SpecBuilder::add_merge(std::string_view left, std::string_view right) {
  joined_.assign(left);
  joined_.append(right);
  const Merge merge{.left = find(left),
                    .right = find(right),
                    .result = find(joined_),
                    .rank = static_cast<std::int32_t>(spec_.merges.size())};
  const std::string pair = shown(left) + " and " + shown(right);
  for (const std::string_view token : {left, right, std::string_view(joined_)}) {
    if (find(token) == kNoToken) {
      return invalid("merge of " + pair + ": expected tokens of the vocabulary, " + shown(token) +
                     " is none");
    }
  }
  if (!spec_.merges.add(merge))
    return invalid("expected each merge once, got that of " + pair + " twice");
  return absl::OkStatus();
}

std::int32_t SpecBuilder::find(std::string_view spelling) const {
  const auto found = ids_.find(absl::string_view(spelling.data(), spelling.size()));
  return found == ids_.end() ? kNoToken : found->second;
}

}  // namespace tenon::data::text
