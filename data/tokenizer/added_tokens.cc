#include "data/tokenizer/added_tokens.h"

#include <algorithm>
#include <utility>

#include "data/tokenizer/unicode_classes.h"

namespace tenon::data::text {
namespace {

std::size_t spaces_end(std::string_view text, std::size_t at) {
  while (at < text.size()) {
    const Char c = decode_utf8(text.data() + at, text.data() + text.size());
    if (class_of(c.code) != CharClass::kSpace) break;
    at += c.size;
  }
  return at;
}

// Where the white space before `at` begins, not before `from`.
std::size_t spaces_begin(std::string_view text, std::size_t from, std::size_t at) {
  while (at > from) {
    std::size_t start = at - 1;
    while (start > from && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80) --start;
    const Char c = decode_utf8(text.data() + start, text.data() + at);
    if (start + c.size != at || class_of(c.code) != CharClass::kSpace) break;
    at = start;
  }
  return at;
}

}  // namespace

AddedTokenMatcher::AddedTokenMatcher(std::vector<AddedToken> tokens) : tokens_(std::move(tokens)) {
  std::stable_sort(tokens_.begin(), tokens_.end(), [](const AddedToken& a, const AddedToken& b) {
    return a.content.size() > b.content.size();
  });
  for (const AddedToken& token : tokens_) {
    begins_[static_cast<unsigned char>(token.content.front())] = true;
  }
}

const AddedToken* AddedTokenMatcher::longest_at(std::string_view text, std::size_t at,
                                                bool special) const {
  for (const AddedToken& token : tokens_) {
    if ((special || !token.special) && text.substr(at).starts_with(token.content)) return &token;
  }
  return nullptr;
}

AddedTokenMatcher::Match AddedTokenMatcher::find(std::string_view text, std::size_t from,
                                                 bool special) const {
  const std::size_t end = tokens_.empty() ? from : text.size();
  for (std::size_t at = from; at < end; ++at) {
    if (!begins_[static_cast<unsigned char>(text[at])]) continue;
    const AddedToken* token = longest_at(text, at, special);
    if (token == nullptr) continue;
    const std::size_t after = at + token->content.size();
    return {.begin = token->lstrip ? spaces_begin(text, from, at) : at,
            .end = token->rstrip ? spaces_end(text, after) : after,
            .id = token->id};
  }
  return {.begin = text.size(), .end = text.size()};
}

}  // namespace tenon::data::text
