#include "data/tokenizer/tokenizer.h"

#include <array>
#include <cstdio>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "data/tokenizer/byte_alphabet.h"
#include "data/tokenizer/nfc.h"
#include "data/tokenizer/spec.h"
#include "data/tokenizer/unicode_classes.h"
#include "data/tokenizer/word_cache.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

using text::Alphabet;
using text::kNoToken;
using text::SpacePrefix;
using Ids = std::vector<std::int32_t>;

constexpr std::string_view kSpace = "\xe2\x96\x81";  // "▁", U+2581

std::string with_spaces(std::string_view piece) {
  std::string text;
  for (std::size_t at = 0; at < piece.size();) {
    const std::size_t space = std::min(piece.find(kSpace, at), piece.size());
    text.append(piece, at, space - at);
    if (space < piece.size()) text += ' ';
    at = space + kSpace.size();
  }
  return text;
}

std::string spelled_fallback(std::uint8_t byte) {
  std::array<char, 8> text{};
  std::snprintf(text.data(), text.size(), "<0x%02X>", byte);
  return text.data();
}

}  // namespace

struct Tokenizer::State {
  explicit State(text::TokenizerSpec given);

  void encode_section(std::string_view section, bool first, Ids& ids);
  void encode_spaced(std::string_view section, bool first, text::WordCache* cache, Ids& ids);
  void encode_word(std::string_view word, text::WordCache* cache, Ids& ids) const;
  void tokens_of(std::string_view word, Ids& ids) const;
  void byte_symbols(std::string_view word, Ids& symbols) const;
  void character_symbols(std::string_view word, Ids& symbols) const;
  void add_unknown(Ids& symbols, bool& after_unknown) const;
  std::size_t word_end(std::string_view spaced) const;
  std::int32_t find(std::string_view spelling) const;
  std::string decoded(std::int32_t id) const;

  text::TokenizerSpec spec;
  absl::flat_hash_map<std::string, std::int32_t> by_spelling;
  std::vector<std::string> bytes;               // by id: what a token stands for
  std::vector<bool> special;                    // by id
  std::array<std::int32_t, 256> byte_tokens{};  // of single bytes, by alphabet or fallback
  bool byte_fallback = false;                   // all 256 are there
  bool words_end_at_spaces = false;             // no merge reaches from a letter into a space
  text::AddedTokenMatcher added;
  text::WordCache cache;
};

Tokenizer::State::State(text::TokenizerSpec given) : spec(std::move(given)), added(spec.added) {
  for (std::size_t id = 0; id < spec.tokens.size(); ++id) {
    if (!spec.tokens[id].empty()) {
      by_spelling.emplace(spec.tokens[id], static_cast<std::int32_t>(id));
    }
  }
  for (std::size_t byte = 0; byte < 256; ++byte) {
    const auto value = static_cast<std::uint8_t>(byte);
    byte_tokens[byte] =
        find(spec.alphabet == Alphabet::kBytes ? text::spelled(value) : spelled_fallback(value));
  }
  byte_fallback = spec.byte_fallback;
  for (const std::int32_t token : byte_tokens) byte_fallback &= token != kNoToken;
  special.resize(spec.tokens.size());
  bytes.resize(spec.tokens.size());
  for (std::size_t id = 0; id < bytes.size(); ++id) {
    bytes[id] = decoded(static_cast<std::int32_t>(id));
  }
  for (const AddedToken& token : spec.added) {
    special[static_cast<std::size_t>(token.id)] = token.special;
    bytes[static_cast<std::size_t>(token.id)] = token.content;
  }
  // Where no merge joins what ends in a letter to what begins with a space, words can be encoded,
  // and remembered, one by one.
  words_end_at_spaces = find(kSpace) != kNoToken;
  for (const text::Merge& merge : spec.merges.sorted()) {
    const std::string& left = spec.tokens[static_cast<std::size_t>(merge.left)];
    const std::string& right = spec.tokens[static_cast<std::size_t>(merge.right)];
    if (right.starts_with(kSpace) && !left.ends_with(kSpace)) words_end_at_spaces = false;
  }
}

std::int32_t Tokenizer::State::find(std::string_view spelling) const {
  const auto found = by_spelling.find(absl::string_view(spelling.data(), spelling.size()));
  return found == by_spelling.end() ? kNoToken : found->second;
}

// What a token stands for, by its spelling.
std::string Tokenizer::State::decoded(std::int32_t id) const {
  const std::string& spelling = spec.tokens[static_cast<std::size_t>(id)];
  if (spec.alphabet == Alphabet::kBytes) return text::unspelled(spelling).value_or(spelling);
  if (byte_fallback && spelling.size() == 6 && spelling.starts_with("<0x")) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      if (byte_tokens[byte] == id) return {static_cast<char>(byte)};
    }
  }
  return with_spaces(spelling);
}

void Tokenizer::State::add_unknown(Ids& symbols, bool& after_unknown) const {
  if (spec.unknown != kNoToken && !(after_unknown && spec.fuse_unknown)) {
    symbols.push_back(spec.unknown);
  }
  after_unknown = true;
}

void Tokenizer::State::byte_symbols(std::string_view word, Ids& symbols) const {
  bool after_unknown = false;
  for (const char c : word) {
    const std::int32_t token = byte_tokens[static_cast<unsigned char>(c)];
    if (token == kNoToken) {
      add_unknown(symbols, after_unknown);
    } else {
      symbols.push_back(token);
      after_unknown = false;
    }
  }
}

void Tokenizer::State::character_symbols(std::string_view word, Ids& symbols) const {
  bool after_unknown = false;
  for (std::size_t at = 0; at < word.size();) {
    const text::Char c = text::decode_utf8(word.data() + at, word.data() + word.size());
    const std::string_view character = word.substr(at, c.size);
    at += c.size;
    const std::int32_t token = find(character);
    if (token == kNoToken && !byte_fallback) {
      add_unknown(symbols, after_unknown);
      continue;
    }
    after_unknown = false;
    if (token != kNoToken) {
      symbols.push_back(token);
    } else {
      for (const char byte : character) {
        symbols.push_back(byte_tokens[static_cast<unsigned char>(byte)]);
      }
    }
  }
}

void Tokenizer::State::tokens_of(std::string_view word, Ids& ids) const {
  if (spec.whole_words_first) {
    const bool bytes_spelled = spec.alphabet == Alphabet::kBytes;
    const std::int32_t whole = bytes_spelled ? find(text::spelled(word)) : find(word);
    if (whole != kNoToken) {
      ids.push_back(whole);
      return;
    }
  }
  if (spec.alphabet == Alphabet::kBytes) {
    byte_symbols(word, ids);
  } else {
    character_symbols(word, ids);
  }
  spec.merges.apply(ids);
}

void Tokenizer::State::encode_word(std::string_view word, text::WordCache* cache_, Ids& ids) const {
  Ids made;
  if (cache_ == nullptr || word.size() > text::WordCache::kMaxBytes) {
    tokens_of(word, made);
    ids.insert(ids.end(), made.begin(), made.end());
    return;
  }
  text::WordCache::Entry& entry = cache_->place(word);
  if (entry.holds(word)) {
    const auto known = entry.result();
    ids.insert(ids.end(), known.begin(), known.end());
    return;
  }
  tokens_of(word, made);
  text::WordCache::store(entry, word, made);
  ids.insert(ids.end(), made.begin(), made.end());
}

// Bytes of the first word of a text whose spaces are spelled out: up to the next space, or, where
// spaces may be merged, up to the next that follows something else.
std::size_t Tokenizer::State::word_end(std::string_view spaced) const {
  if (!spec.split_spaces && !words_end_at_spaces) return spaced.size();
  std::size_t at = 0;
  if (spec.split_spaces) {
    if (spaced.starts_with(kSpace)) at = kSpace.size();
  } else {
    while (spaced.substr(at).starts_with(kSpace)) at += kSpace.size();
  }
  return std::min(spaced.find(kSpace, at), spaced.size());
}

void Tokenizer::State::encode_spaced(std::string_view section, bool first, text::WordCache* held,
                                     Ids& ids) {
  const bool spaced_already = section.starts_with(' ') || section.starts_with(kSpace);
  const bool prefix = spec.space_prefix == SpacePrefix::kAlways ||
                      (spec.space_prefix == SpacePrefix::kUnlessOne && !spaced_already) ||
                      (spec.space_prefix == SpacePrefix::kFirst && first && !spaced_already);
  std::string text;
  text.reserve(section.size() + section.size() / 2 + kSpace.size());
  if (prefix) text = kSpace;
  for (std::size_t at = 0; at < section.size();) {
    const std::size_t space = std::min(section.find(' ', at), section.size());
    text.append(section, at, space - at);
    if (space < section.size()) text += kSpace;
    at = space + 1;
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = word_end(rest);
    encode_word(rest.substr(0, end), held, ids);
    rest.remove_prefix(end);
  }
}

// Another thread that has the cache does not stop this one: it works without.
void Tokenizer::State::encode_section(std::string_view section, bool first, Ids& ids) {
  if (section.empty()) return;
  std::string normalized;
  if (spec.nfc) section = normalized = text::normalize_nfc(section);
  const std::unique_lock lock(cache.mutex, std::try_to_lock);
  text::WordCache* held = lock.owns_lock() ? &cache : nullptr;
  if (spec.alphabet == Alphabet::kCharacters) return encode_spaced(section, first, held, ids);
  const auto emit = [&](std::string_view word) { encode_word(word, held, ids); };
  if (spec.space_prefix == SpacePrefix::kNever || section.starts_with(' ')) {
    text::split_words(spec.steps, section, emit);
  } else {
    text::split_words(spec.steps, " " + std::string(section), emit);
  }
}

Tokenizer::Tokenizer(text::TokenizerSpec spec) : state_(std::make_unique<State>(std::move(spec))) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Ids Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  Ids ids;
  ids.reserve(text.size() / 4 + 8);
  const auto add = [&ids](std::span<const std::int32_t> more) {
    ids.insert(ids.end(), more.begin(), more.end());
  };
  if (options.add_special) add(before());
  for (std::size_t at = 0; at < text.size();) {
    const auto match = state_->added.find(text, at, options.parse_special);
    state_->encode_section(text.substr(at, match.begin - at), at == 0, ids);
    if (match.id != kNoToken) ids.push_back(match.id);
    at = match.end;
  }
  if (options.add_special) add(after());
  return ids;
}

std::string_view Tokenizer::bytes_of(std::int32_t id) const {
  if (id < 0 || id >= size()) {
    throw IndexError("[tokenizer] expected a token in [0, " + std::to_string(size()) + "), got " +
                     std::to_string(id));
  }
  return state_->bytes[static_cast<std::size_t>(id)];
}

std::string Tokenizer::decode(std::span<const std::int32_t> ids,
                              const DecodeOptions& options) const {
  std::string text;
  for (const std::int32_t id : ids) {
    const std::string_view bytes = bytes_of(id);
    if (!(options.skip_special && is_special(id))) text += bytes;
  }
  if (state_->spec.strip_prefix && text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::int32_t Tokenizer::size() const { return static_cast<std::int32_t>(spec().tokens.size()); }

std::optional<std::int32_t> Tokenizer::find(std::string_view spelling) const {
  const std::int32_t id = state_->find(spelling);
  return id == kNoToken ? std::nullopt : std::optional(id);
}

bool Tokenizer::is_special(std::int32_t id) const {
  bytes_of(id);
  return state_->special[static_cast<std::size_t>(id)];
}

std::span<const std::int32_t> Tokenizer::before() const { return spec().before; }
std::span<const std::int32_t> Tokenizer::after() const { return spec().after; }
const text::TokenizerSpec& Tokenizer::spec() const { return state_->spec; }

}  // namespace tenon::data
