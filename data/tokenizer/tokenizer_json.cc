// Reading. The format: https://huggingface.co/docs/tokenizers, and the serde attributes of the
// library's components, whose names and defaults these are.
#include "data/tokenizer/tokenizer_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "data/tokenizer/internal/json_file.h"
#include "data/tokenizer/internal/spec_builder.h"
#include "tensor/io/file_checks.h"

namespace tenon::data::text {
namespace {

using nlohmann::json;

constexpr std::string_view kSpace = "\xe2\x96\x81";

// A value in the file and the way to it.
struct Node {
  const json& value;
  std::string path;

  bool is_null() const { return value.is_null(); }
};

// Walks over the file's parts. The first error stays, and what is read after it does not count.
class Reader {
 public:
  explicit Reader(TokenizerSpec& spec) : spec_(spec), builder_(spec) {}

  absl::Status read(const json& root) {
    const Node top{root, ""};
    read_model(child(top, "model"));
    read_added_tokens(child(top, "added_tokens"));
    read_normalizer(child(top, "normalizer"));
    read_pre_tokenizer(child(top, "pre_tokenizer"));
    read_decoder(child(top, "decoder"));
    read_post_processor(child(top, "post_processor"));
    finish();
    return status_;
  }

 private:
  // Access.

  Node child(const Node& node, const std::string& key) const {
    static const json kNull;
    const std::string path = node.path.empty() ? key : node.path + "." + key;
    const bool there = node.value.is_object() && node.value.contains(key);
    return {there ? node.value[key] : kNull, path};
  }

  template <class Visit>
  void each(const Node& list, const Visit& visit) {
    if (list.is_null()) return;
    if (!list.value.is_array()) return expected(list, "an array");
    for (std::size_t i = 0; i < list.value.size() && status_.ok(); ++i) {
      visit(Node{list.value[i], list.path + "[" + std::to_string(i) + "]"});
    }
  }

  bool flag(const Node& node, bool otherwise) {
    if (node.is_null()) return otherwise;
    if (!node.value.is_boolean()) expected(node, "true or false");
    return node.value.is_boolean() && node.value.get<bool>();
  }

  std::string string(const Node& node) {
    if (node.is_null()) return "";
    if (!node.value.is_string()) expected(node, "a string");
    return node.value.is_string() ? node.value.get<std::string>() : "";
  }

  std::int64_t integer(const Node& node) {
    if (!node.value.is_number_integer()) expected(node, "an integer");
    const bool fits =
        node.value.is_number_integer() &&
        (!node.value.is_number_unsigned() || node.value.get<std::uint64_t>() <= INT32_MAX);
    return fits ? node.value.get<std::int64_t>() : -1;
  }

  void expected(const Node& node, const std::string& what) {
    keep(absl::InvalidArgumentError(node.path + ": expected " + what));
  }

  void unimplemented(const Node& node, const std::string& got) {
    keep(absl::UnimplementedError(node.path + ": got " + got + ", which Tenon does not have"));
  }

  void keep(const absl::Status& status) {
    if (status_.ok()) status_ = status;
  }

  void keep_at(const Node& node, const absl::Status& status) {
    if (!status.ok()) keep(internal::with_path(node.path, status));
  }

  // Calls visit(part, its type) for a component, or for each of a sequence's.
  template <class Visit>
  void parts(const Node& node, const std::string& list, const Visit& visit) {
    if (node.is_null()) return;
    const std::string type = string(child(node, "type"));
    if (type == "Sequence") {
      each(child(node, list), [&](const Node& part) { parts(part, list, visit); });
    } else {
      visit(node, type);
    }
  }

  // Model.

  void read_model(const Node& model) {
    if (!model.value.is_object()) return expected(model, "an object");
    const std::string type = string(child(model, "type"));
    if (!type.empty() && type != "BPE") return unimplemented(child(model, "type"), shown(type));
    for (const char* key : {"continuing_subword_prefix", "end_of_word_suffix"}) {
      const Node affix = child(model, key);
      if (!string(affix).empty()) unimplemented(affix, shown(string(affix)));
    }
    const Node vocabulary = child(model, "vocab");
    keep_at(vocabulary, builder_.add_vocabulary(vocabulary.value));
    each(child(model, "merges"), [&](const Node& merge) { read_merge(merge); });
    spec_.byte_fallback = flag(child(model, "byte_fallback"), false);
    spec_.fuse_unknown = flag(child(model, "fuse_unk"), false);
    spec_.whole_words_first = flag(child(model, "ignore_merges"), false);
    const Node unknown = child(model, "unk_token");
    if (unknown.is_null()) return;
    spec_.unknown = builder_.find(string(unknown));
    if (spec_.unknown == kNoToken) expected(unknown, "a token of the vocabulary");
  }

  // "a b", or ["a", "b"] in newer files.
  void read_merge(const Node& merge) {
    const json& value = merge.value;
    if (value.is_array() && value.size() == 2 && value[0].is_string() && value[1].is_string()) {
      return keep_at(merge, builder_.add_merge(value[0].get_ref<const std::string&>(),
                                               value[1].get_ref<const std::string&>()));
    }
    const std::string text = value.is_string() ? value.get<std::string>() : "";
    const std::size_t space = text.find(' ');
    if (space == std::string::npos || text.find(' ', space + 1) != std::string::npos) {
      return expected(merge, "two tokens");
    }
    keep_at(merge, builder_.add_merge(std::string_view(text).substr(0, space),
                                      std::string_view(text).substr(space + 1)));
  }

  void read_added_tokens(const Node& tokens) {
    each(tokens, [&](const Node& node) {
      const AddedToken token{.content = string(child(node, "content")),
                             .id = static_cast<std::int32_t>(integer(child(node, "id"))),
                             .special = flag(child(node, "special"), false),
                             .lstrip = flag(child(node, "lstrip"), false),
                             .rstrip = flag(child(node, "rstrip"), false)};
      const Node single = child(node, "single_word");
      if (flag(single, false)) unimplemented(single, "true");
      keep_at(node, builder_.add_token(token));
    });
  }

  // Normalizer: form C, and what spells spaces, "▁" before the text and for each space.

  void read_normalizer(const Node& normalizer) {
    parts(normalizer, "normalizers", [&](const Node& part, const std::string& type) {
      if (type == "Prepend" && string(child(part, "prepend")) == kSpace) {
        spec_.space_prefix = SpacePrefix::kAlways;
      } else if (type == "Replace" && replaces(part, " ", kSpace)) {
        characters_ = true;
      } else if (type == "NFC") {
        spec_.nfc = true;
      } else {
        unimplemented(part, "the normalizer " + shown(type));
      }
    });
  }

  bool replaces(const Node& part, std::string_view what, std::string_view by) {
    return string(child(child(part, "pattern"), "String")) == what &&
           string(child(part, "content")) == by;
  }

  // Pre-tokenizer.

  void read_pre_tokenizer(const Node& node) {
    parts(node, "pretokenizers", [&](const Node& part, const std::string& type) {
      if (type == "ByteLevel") return read_byte_level(part);
      if (type == "Metaspace") return read_metaspace(part);
      if (type == "Split") return read_split(part);
      if (type == "Digits") {
        const bool single = flag(child(part, "individual_digits"), false);
        return add_step(part, single ? SplitRule::kDigits : SplitRule::kDigitRuns);
      }
      unimplemented(part, "the pre-tokenizer " + shown(type));
    });
  }

  void add_step(const Node& node, SplitRule rule, std::string literal = "") {
    if (bytes_) unimplemented(node, "a pre-tokenizer after ByteLevel");
    spec_.steps.push_back({.rule = rule, .literal = std::move(literal)});
  }

  void read_byte_level(const Node& part) {
    if (flag(child(part, "add_prefix_space"), true)) {
      if (!spec_.steps.empty()) unimplemented(part, "add_prefix_space after a pre-tokenizer");
      spec_.space_prefix = SpacePrefix::kAlways;
    }
    if (flag(child(part, "use_regex"), true)) add_step(part, SplitRule::kGpt2);
    bytes_ = true;
  }

  void read_metaspace(const Node& part) {
    characters_ = true;
    if (string(child(part, "replacement")) != kSpace) {
      return expected(child(part, "replacement"), "'▁'");
    }
    const Node scheme = child(part, "prepend_scheme");
    const std::string prefix = string(scheme);
    spec_.split_spaces = flag(child(part, "split"), true);
    if (prefix == "first") {
      spec_.space_prefix = SpacePrefix::kFirst;
    } else if (prefix == "always" || prefix.empty()) {
      const bool add = !prefix.empty() || flag(child(part, "add_prefix_space"), true);
      spec_.space_prefix = add ? SpacePrefix::kUnlessOne : SpacePrefix::kNever;
    } else if (prefix != "never") {
      expected(scheme, "'first', 'always' or 'never', got " + shown(prefix));
    }
  }

  void read_split(const Node& part) {
    const Node pattern = child(part, "pattern");
    const std::string behavior = string(child(part, "behavior"));
    if (flag(child(part, "invert"), false)) unimplemented(part, "an inverted pattern");
    const std::string literal = string(child(pattern, "String"));
    if (!literal.empty()) {
      if (behavior != "Removed") unimplemented(part, "a text that is kept when split at");
      return add_step(part, SplitRule::kLiteral, literal);
    }
    const std::string expression = string(child(pattern, "Regex"));
    for (const SplitRule rule : {SplitRule::kGpt2, SplitRule::kLlama3, SplitRule::kQwen2}) {
      if (expression != expression_of(rule)) continue;
      if (behavior != "Isolated") unimplemented(part, "the behavior " + shown(behavior));
      return add_step(part, rule);
    }
    unimplemented(pattern, "the expression " + shown(expression));
  }

  // Decoder: what it does follows from the alphabet, except whether a leading space is dropped.

  void read_decoder(const Node& decoder) {
    parts(decoder, "decoders", [&](const Node& part, const std::string& type) {
      if (type == "ByteLevel") {
        bytes_ = true;
      } else if (type == "Metaspace") {
        characters_ = true;
        spec_.strip_prefix = spec_.space_prefix != SpacePrefix::kNever;
      } else if (type == "Strip") {
        spec_.strip_prefix = string(child(part, "content")) == " ";
      } else if (type != "ByteFallback" && type != "Fuse" &&
                 !(type == "Replace" && replaces(part, kSpace, " "))) {
        unimplemented(part, "the decoder " + shown(type));
      }
    });
  }

  // Post-processor: the tokens around a text.

  void read_post_processor(const Node& node) {
    parts(node, "processors", [&](const Node& part, const std::string& type) {
      if (type == "TemplateProcessing") return read_template(part);
      if (type == "RobertaProcessing" || type == "BertProcessing") {
        spec_.before.push_back(pair_id(child(part, "cls")));
        spec_.after.push_back(pair_id(child(part, "sep")));
      } else if (type != "ByteLevel") {
        unimplemented(part, "the post-processor " + shown(type));
      }
    });
  }

  // ["</s>", 2]
  std::int32_t pair_id(const Node& pair) {
    if (!pair.value.is_array() || pair.value.size() != 2) {
      expected(pair, "a token and its id");
      return kNoToken;
    }
    return checked(Node{pair.value[1], pair.path + "[1]"});
  }

  std::int32_t checked(const Node& id) {
    const std::int64_t value = integer(id);
    const bool known = value >= 0 && value < static_cast<std::int64_t>(spec_.tokens.size());
    if (!known) expected(id, "the id of a token");
    return static_cast<std::int32_t>(value);
  }

  void read_template(const Node& part) {
    bool before = true;
    each(child(part, "single"), [&](const Node& piece) {
      if (piece.value.is_object() && piece.value.contains("Sequence")) {
        before = false;
        return;
      }
      const std::string name = string(child(child(piece, "SpecialToken"), "id"));
      const Node ids = child(child(child(part, "special_tokens"), name), "ids");
      if (ids.is_null()) return expected(piece, "a token that special_tokens describes");
      each(ids,
           [&](const Node& id) { (before ? spec_.before : spec_.after).push_back(checked(id)); });
    });
  }

  void finish() {
    if (bytes_ == characters_ && status_.ok()) {
      keep(absl::UnimplementedError("pre_tokenizer: expected ByteLevel or Metaspace"));
    }
    spec_.alphabet = bytes_ ? Alphabet::kBytes : Alphabet::kCharacters;
    if (characters_ && !spec_.steps.empty()) {
      keep(absl::UnimplementedError("pre_tokenizer: got others beside Metaspace"));
    }
  }

  TokenizerSpec& spec_;
  SpecBuilder builder_;
  absl::Status status_;
  bool bytes_ = false;
  bool characters_ = false;
};

}  // namespace

absl::StatusOr<TokenizerSpec> parse_tokenizer_json(std::string_view text) {
  const auto root = parse_json(text);
  if (!root.ok()) return root.status();
  TokenizerSpec spec;
  if (auto status = Reader(spec).read(*root); !status.ok()) return status;
  return spec;
}

absl::StatusOr<TokenizerSpec> read_tokenizer_json(const std::string& path) {
  const auto root = read_json(path);
  if (!root.ok()) return root.status();
  TokenizerSpec spec;
  if (auto status = Reader(spec).read(*root); !status.ok()) {
    return internal::with_path(path, status);
  }
  return spec;
}

}  // namespace tenon::data::text
