#include "data/text/word_vocabulary.h"

#include <algorithm>
#include <utility>

#include "tensor/error.h"

namespace tenon::data {
namespace {

constexpr std::int32_t kEndOfLine = 0;
constexpr std::int32_t kUnknown = 1;

// Calls word(text) for each word and line_end() for each line.
template <class OnWord, class OnLineEnd>
void scan(std::string_view text, const OnWord& word, const OnLineEnd& line_end) {
  const auto is_blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  const auto* p = text.begin();
  while (p != text.end()) {
    if (*p == '\n') line_end();
    if (is_blank(*p)) {
      ++p;
      continue;
    }
    const auto* end = std::find_if(p, text.end(), is_blank);
    word(
        text.substr(static_cast<std::size_t>(p - text.begin()), static_cast<std::size_t>(end - p)));
    p = end;
  }
  if (!text.empty() && text.back() != '\n') line_end();
}

}  // namespace

WordVocabulary::WordVocabulary(std::initializer_list<std::string_view> texts,
                               const WordVocabularyOptions& options)
    : words_{options.end_of_line, options.unknown} {
  std::unordered_map<std::string, std::int64_t> counts;
  std::vector<std::string> order;
  const auto count = [&](std::string_view word) {
    const auto [place, fresh] = counts.emplace(word, 0);
    if (fresh) order.emplace_back(word);
    ++place->second;
  };
  for (const std::string_view text : texts) scan(text, count, [] {});
  ids_ = {{words_[0], kEndOfLine}, {words_[1], kUnknown}};
  for (std::string& word : order) {
    if (counts[word] < options.min_count || !ids_.emplace(word, size()).second) continue;
    words_.push_back(std::move(word));
  }
}

std::int32_t WordVocabulary::id(std::string_view word) const {
  const auto found = ids_.find(std::string(word));
  return found == ids_.end() ? kUnknown : found->second;
}

std::vector<std::int32_t> WordVocabulary::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  scan(
      text, [&](std::string_view word) { ids.push_back(id(word)); },
      [&] { ids.push_back(kEndOfLine); });
  return ids;
}

std::string WordVocabulary::decode(std::span<const std::int32_t> ids) const {
  std::string text;
  for (const std::int32_t id : ids) {
    if (id < 0 || id >= size()) {
      throw IndexError("[word_vocabulary] expected a word in [0, " + std::to_string(size()) +
                       "), got " + std::to_string(id));
    }
    if (id == kEndOfLine) {
      text += '\n';
      continue;
    }
    if (!text.empty() && text.back() != '\n') text += ' ';
    text += words_[static_cast<std::size_t>(id)];
  }
  return text;
}

}  // namespace tenon::data
