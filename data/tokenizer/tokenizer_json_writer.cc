#include <nlohmann/json.hpp>

#include "data/tokenizer/save.h"
#include "data/tokenizer/tokenizer_json.h"
#include "tensor/io/atomic_file.h"

namespace tenon::data {
namespace text {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

constexpr char kSpace[] = "\xe2\x96\x81";

ordered_json sequence(const char* list, ordered_json parts) {
  if (parts.empty()) return nullptr;
  if (parts.size() == 1) return parts[0];
  return {{"type", "Sequence"}, {list, std::move(parts)}};
}

ordered_json added_tokens(const TokenizerSpec& spec) {
  ordered_json list = ordered_json::array();
  for (const AddedToken& token : spec.added) {
    list.push_back({{"id", token.id},
                    {"content", token.content},
                    {"single_word", false},
                    {"lstrip", token.lstrip},
                    {"rstrip", token.rstrip},
                    {"normalized", false},
                    {"special", token.special}});
  }
  return list;
}

ordered_json split(const SplitStep& step) {
  if (step.rule == SplitRule::kDigits || step.rule == SplitRule::kDigitRuns) {
    return {{"type", "Digits"}, {"individual_digits", step.rule == SplitRule::kDigits}};
  }
  const bool literal = step.rule == SplitRule::kLiteral;
  ordered_json pattern;
  pattern[literal ? "String" : "Regex"] = literal ? step.literal : expression_of(step.rule);
  return {{"type", "Split"},
          {"pattern", pattern},
          {"behavior", literal ? "Removed" : "Isolated"},
          {"invert", false}};
}

ordered_json byte_level(bool prefix, bool regex) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", prefix},
          {"trim_offsets", true},
          {"use_regex", regex}};
}

ordered_json pre_tokenizer(const TokenizerSpec& spec) {
  if (spec.alphabet == Alphabet::kCharacters) {
    if (spec.space_prefix == SpacePrefix::kAlways) return nullptr;  // the normalizer's work
    const bool first = spec.space_prefix == SpacePrefix::kFirst;
    const bool never = spec.space_prefix == SpacePrefix::kNever;
    return {{"type", "Metaspace"},
            {"replacement", kSpace},
            {"prepend_scheme", never ? "never" : (first ? "first" : "always")},
            {"split", spec.split_spaces}};
  }
  ordered_json parts = ordered_json::array();
  const bool plain = !spec.steps.empty() && spec.steps.back().rule == SplitRule::kGpt2;
  for (std::size_t i = 0; i + (plain ? 1 : 0) < spec.steps.size(); ++i) {
    parts.push_back(split(spec.steps[i]));
  }
  parts.push_back(byte_level(spec.space_prefix != SpacePrefix::kNever, plain));
  return sequence("pretokenizers", std::move(parts));
}

ordered_json normalizer(const TokenizerSpec& spec) {
  ordered_json parts = ordered_json::array();
  if (spec.nfc) parts.push_back({{"type", "NFC"}});
  if (spec.alphabet == Alphabet::kCharacters && spec.space_prefix == SpacePrefix::kAlways) {
    parts.push_back({{"type", "Prepend"}, {"prepend", kSpace}});
    parts.push_back({{"type", "Replace"}, {"pattern", {{"String", " "}}}, {"content", kSpace}});
  }
  return sequence("normalizers", std::move(parts));
}

ordered_json decoder(const TokenizerSpec& spec) {
  if (spec.alphabet == Alphabet::kBytes) return byte_level(true, true);
  ordered_json parts = {{{"type", "Replace"}, {"pattern", {{"String", kSpace}}}, {"content", " "}},
                        {{"type", "ByteFallback"}},
                        {{"type", "Fuse"}}};
  if (spec.strip_prefix) {
    parts.push_back({{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 0}});
  }
  return sequence("decoders", std::move(parts));
}

ordered_json post_processor(const TokenizerSpec& spec) {
  if (spec.before.empty() && spec.after.empty()) return nullptr;
  ordered_json special = ordered_json::object();
  const auto token = [&](std::int32_t id, int type) -> ordered_json {
    const std::string& name = spec.tokens[static_cast<std::size_t>(id)];
    special[name] = {{"id", name}, {"ids", {id}}, {"tokens", {name}}};
    return {{"SpecialToken", {{"id", name}, {"type_id", type}}}};
  };
  const auto around = [&](const char* name, int type) {
    ordered_json list = ordered_json::array();
    for (const std::int32_t id : spec.before) list.push_back(token(id, type));
    list.push_back({{"Sequence", {{"id", name}, {"type_id", type}}}});
    for (const std::int32_t id : spec.after) list.push_back(token(id, type));
    return list;
  };
  const ordered_json single = around("A", 0);
  ordered_json pair = single;
  for (auto& piece : around("B", 1)) pair.push_back(piece);
  return {{"type", "TemplateProcessing"},
          {"single", single},
          {"pair", pair},
          {"special_tokens", special}};
}

ordered_json model(const TokenizerSpec& spec) {
  const auto token = [&spec](std::int32_t id) { return spec.tokens[static_cast<std::size_t>(id)]; };
  ordered_json merges = ordered_json::array();
  for (const Merge& merge : spec.merges.sorted()) {
    merges.push_back(ordered_json::array({token(merge.left), token(merge.right)}));
  }
  // Straight into the object's list: looking each key up first would take a minute.
  ordered_json vocabulary = ordered_json::object();
  auto& entries = vocabulary.get_ref<ordered_json::object_t&>();
  for (std::size_t id = 0; id < spec.tokens.size(); ++id) {
    if (!spec.tokens[id].empty()) entries.emplace_back(spec.tokens[id], id);
  }
  ordered_json unknown = nullptr;
  if (spec.unknown != kNoToken) unknown = token(spec.unknown);
  return {{"type", "BPE"},
          {"dropout", nullptr},
          {"unk_token", unknown},
          {"continuing_subword_prefix", nullptr},
          {"end_of_word_suffix", nullptr},
          {"fuse_unk", spec.fuse_unknown},
          {"byte_fallback", spec.byte_fallback},
          {"ignore_merges", spec.whole_words_first},
          {"vocab", vocabulary},
          {"merges", merges}};
}

}  // namespace

std::string format_tokenizer_json(const TokenizerSpec& spec) {
  const ordered_json root = {{"version", "1.0"},
                             {"truncation", nullptr},
                             {"padding", nullptr},
                             {"added_tokens", added_tokens(spec)},
                             {"normalizer", normalizer(spec)},
                             {"pre_tokenizer", pre_tokenizer(spec)},
                             {"post_processor", post_processor(spec)},
                             {"decoder", decoder(spec)},
                             {"model", model(spec)}};
  return root.dump(2);
}

}  // namespace text

absl::Status save_tokenizer(const std::string& path, const Tokenizer& tokenizer) {
  return write_file(path, text::format_tokenizer_json(tokenizer.spec()));
}

}  // namespace tenon::data
