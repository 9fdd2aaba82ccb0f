#include "data/tokenizer/pre_tokenizer.h"

namespace tenon::data::text {
namespace {

constexpr std::string_view kGpt2Expression =
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
constexpr std::string_view kLlama3Expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";
constexpr std::string_view kQwen2Expression =
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*)"
    R"(|\s*[\r\n]+|\s+(?!\S)|\s+)";

struct Classified {
  CharClass kind = CharClass::kOther;
  std::uint32_t size = 1;
  std::uint32_t code = 0;
};

// Walks over the characters of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : begin_(text.data()), end_(begin_ + text.size()) {}

  std::size_t size() const { return static_cast<std::size_t>(end_ - begin_); }

  /// The character at byte `at`, which must be inside.
  Classified look(std::size_t at) const {
    const auto byte = static_cast<unsigned char>(begin_[at]);
    if (byte < 128) return {kAsciiClasses[byte], 1, byte};
    const Char c = decode_utf8(begin_ + at, end_);
    return {class_of(c.code), c.size, c.code};
  }

  /// Where the characters of class `kind` from `at` on end.
  std::size_t run_end(std::size_t at, CharClass kind) const {
    while (at < size()) {
      const Classified c = look(at);
      if (c.kind != kind) break;
      at += c.size;
    }
    return at;
  }

  std::size_t run_end_at_most(std::size_t at, CharClass kind, int count) const {
    for (; at < size() && count > 0; --count) {
      const Classified c = look(at);
      if (c.kind != kind) break;
      at += c.size;
    }
    return at;
  }

  std::size_t line_ends(std::size_t at) const {
    while (at < size() && (begin_[at] == '\r' || begin_[at] == '\n')) ++at;
    return at;
  }

  char byte(std::size_t at) const { return at < size() ? begin_[at] : '\0'; }

 private:
  const char* begin_;
  const char* end_;
};

// 's 't 're 've 'm 'll 'd at the front: bytes, or 0. "s" is also matched by U+017F, the long s,
// where case is ignored, as Unicode's case folding has it.
std::size_t contraction(const Scanner& text, bool ignore_case) {
  if (text.byte(0) != '\'' || text.size() < 2) return 0;
  const auto lower = [&](std::size_t at) {
    const char c = text.byte(at);
    return ignore_case && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  };
  const char first = lower(1);
  if (first == 's' || first == 't' || first == 'm' || first == 'd') return 2;
  const char second = lower(2);
  if ((first == 'r' && second == 'e') || (first == 'v' && second == 'e') ||
      (first == 'l' && second == 'l')) {
    return 3;
  }
  if (ignore_case && text.look(1).code == 0x17f) return 3;
  return 0;
}

// \s+(?!\S)|\s+ : a run of white space keeps its last character for the word that follows it.
std::size_t white_space(const Scanner& text) {
  std::size_t at = 0;
  std::size_t last = 0;
  while (at < text.size()) {
    const Classified c = text.look(at);
    if (c.kind != CharClass::kSpace) return last > 0 ? last : at;
    last = at;
    at += c.size;
  }
  return at;
}

std::size_t gpt2_word(const Scanner& text) {
  if (const std::size_t bytes = contraction(text, false); bytes > 0) return bytes;
  const std::size_t start = text.byte(0) == ' ' ? 1 : 0;
  if (start < text.size()) {
    const Classified c = text.look(start);
    if (c.kind != CharClass::kSpace) return text.run_end(start + c.size, c.kind);
  }
  return white_space(text);
}

// \s*[\r\n]+ : up to the last line end of a run of white space, or 0.
std::size_t lines(const Scanner& text) {
  std::size_t end = 0;
  for (std::size_t at = 0; at < text.size();) {
    const Classified c = text.look(at);
    if (c.kind != CharClass::kSpace) break;
    at += c.size;
    if (c.code == '\r' || c.code == '\n') end = at;
  }
  return end;
}

// [^\r\n\p{L}\p{N}]?\p{L}+ : bytes, or 0.
std::size_t letters(const Scanner& text) {
  const Classified c = text.look(0);
  std::size_t start = 0;
  if (c.kind == CharClass::kNumber || c.code == '\r' || c.code == '\n') return 0;
  if (c.kind != CharClass::kLetter) start = c.size;
  const std::size_t end = text.run_end(start, CharClass::kLetter);
  return end > start ? end : 0;
}

std::size_t llama3_word(const Scanner& text, int digits) {
  if (const std::size_t bytes = contraction(text, true); bytes > 0) return bytes;
  if (const std::size_t bytes = letters(text); bytes > 0) return bytes;
  if (text.look(0).kind == CharClass::kNumber) {
    return text.run_end_at_most(0, CharClass::kNumber, digits);
  }
  const std::size_t start = text.byte(0) == ' ' ? 1 : 0;
  const std::size_t end = text.run_end(start, CharClass::kOther);
  if (end > start) return text.line_ends(end);
  if (const std::size_t bytes = lines(text); bytes > 0) return bytes;
  return white_space(text);
}

// The first run of numbers, or all up to it.
std::size_t digits_piece(const Scanner& text, bool individual) {
  if (text.look(0).kind == CharClass::kNumber) {
    return text.run_end_at_most(0, CharClass::kNumber, individual ? 1 : INT32_MAX);
  }
  std::size_t at = 0;
  while (at < text.size()) {
    const Classified c = text.look(at);
    if (c.kind == CharClass::kNumber) break;
    at += c.size;
  }
  return at;
}

}  // namespace

std::string_view expression_of(SplitRule rule) {
  if (rule == SplitRule::kGpt2) return kGpt2Expression;
  if (rule == SplitRule::kLlama3) return kLlama3Expression;
  return rule == SplitRule::kQwen2 ? kQwen2Expression : std::string_view();
}

std::size_t first_word(SplitRule rule, std::string_view text) {
  const Scanner scanner(text);
  switch (rule) {
    case SplitRule::kGpt2:
      return gpt2_word(scanner);
    case SplitRule::kLlama3:
      return llama3_word(scanner, 3);
    case SplitRule::kQwen2:
      return llama3_word(scanner, 1);
    case SplitRule::kDigits:
      return digits_piece(scanner, true);
    case SplitRule::kDigitRuns:
      return digits_piece(scanner, false);
    case SplitRule::kLiteral:
      break;
  }
  return text.size();
}

std::pair<std::string_view, bool> next_piece(const SplitStep& step, std::string_view& text) {
  std::size_t size = 0;
  bool kept = true;
  if (step.rule != SplitRule::kLiteral) {
    size = first_word(step.rule, text);
  } else if (text.starts_with(step.literal)) {
    size = step.literal.size();
    kept = false;
  } else {
    size = std::min(text.find(step.literal), text.size());
  }
  const std::string_view piece = text.substr(0, size);
  text.remove_prefix(size);
  return {piece, kept};
}

}  // namespace tenon::data::text
