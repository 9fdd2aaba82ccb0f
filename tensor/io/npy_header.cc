#include "tensor/io/npy_header.h"

#include <charconv>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"

namespace tenon::internal {
namespace {

// Reads the few Python literals that occur. Each method returns false, having noted what it
// expected, where the text goes on differently.
class Parser {
 public:
  Parser(std::string_view text, std::size_t offset) : text_(text), offset_(offset) {}

  bool header(NpyHeader& out) {
    if (!punctuation('{')) return false;
    while (!next_is('}')) {
      if (!entry(out)) return false;
      if (!next_is(',')) break;
      ++at_;
    }
    if (!punctuation('}')) return false;
    if (!descr_) return fail("the key 'descr'");
    if (!fortran_order_) return fail("the key 'fortran_order'");
    if (!shape_) return fail("the key 'shape'");
    skip_space();
    return at_ == text_.size() || fail("only spaces after '}'");
  }

  absl::Status error() const {
    return absl::InvalidArgumentError("expected " + expected_ + " at byte " +
                                      std::to_string(offset_ + at_));
  }

 private:
  bool fail(std::string expected) {
    expected_ = std::move(expected);
    return false;
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool next_is(char c) {
    skip_space();
    return at_ < text_.size() && text_[at_] == c;
  }

  bool punctuation(char c) {
    if (!next_is(c)) return fail(std::string("'") + c + "'");
    ++at_;
    return true;
  }

  bool word(std::string_view wanted) {
    if (text_.substr(at_, wanted.size()) != wanted) return false;
    at_ += wanted.size();
    return true;
  }

  bool entry(NpyHeader& out) {
    std::string key;
    skip_space();
    const std::size_t key_at = at_;
    if (!string(key, "a key in quotes") || !punctuation(':')) return false;
    if (key == "descr" && !descr_) {
      descr_ = true;
      return string(out.descr, "an element type such as '<f4' (not a list of fields)");
    }
    if (key == "fortran_order" && !fortran_order_) {
      fortran_order_ = true;
      return boolean(out.fortran_order);
    }
    if (key == "shape" && !shape_) {
      shape_ = true;
      return tuple(out.shape);
    }
    at_ = key_at;
    return fail("the keys 'descr', 'fortran_order' and 'shape', each once");
  }

  bool string(std::string& out, const char* what) {
    skip_space();
    const char quote = at_ < text_.size() ? text_[at_] : '\0';
    if (quote != '\'' && quote != '"') return fail(what);
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) return fail("a string that ends");
    out = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return true;
  }

  bool boolean(bool& out) {
    skip_space();
    out = word("True");
    return out || word("False") || fail("True or False");
  }

  bool tuple(Shape& out) {
    if (!punctuation('(')) return false;
    while (!next_is(')')) {
      if (!size(out)) return false;
      if (next_is(',')) {
        ++at_;
      } else if (!next_is(')') || out.size() == 1) {  // a tuple of one is written (3,)
        return fail("','");
      }
    }
    return punctuation(')');
  }

  bool size(Shape& out) {
    std::int64_t value = 0;
    const char* end = text_.data() + text_.size();
    const auto [rest, error] = std::from_chars(text_.data() + at_, end, value);
    if (error != std::errc() || value < 0) return fail("a size from 0 to 2^63 - 1");
    if (out.size() == kMaxNpyDims) return fail("at most 64 dimensions");
    out.push_back(value);
    at_ = static_cast<std::size_t>(rest - text_.data());
    word("L");  // Python 2 wrote its long integers so
    return true;
  }

  std::string_view text_;
  std::size_t offset_;
  std::size_t at_ = 0;
  std::string expected_;
  bool descr_ = false;
  bool fortran_order_ = false;
  bool shape_ = false;
};

}  // namespace

absl::StatusOr<NpyHeader> parse_npy_header(std::string_view text, std::size_t offset) {
  NpyHeader header;
  Parser parser(text, offset);
  if (!parser.header(header)) return parser.error();
  return header;
}

std::string format_npy_header(const NpyHeader& header) {
  std::string shape;
  for (const std::int64_t size : header.shape) shape += std::to_string(size) + ", ";
  if (header.shape.size() == 1) {
    shape.pop_back();  // "3,"
  } else if (header.shape.size() > 1) {
    shape.resize(shape.size() - 2);  // "3, 4"
  }
  return "{'descr': '" + header.descr +
         "', 'fortran_order': " + (header.fortran_order ? "True" : "False") + ", 'shape': (" +
         shape + "), }";
}

}  // namespace tenon::internal
