// Tokens that stand for themselves wherever they appear in a text: <|endoftext|>, <s>, <mask>.
#ifndef TENON_DATA_TOKENIZER_ADDED_TOKENS_H_
#define TENON_DATA_TOKENIZER_ADDED_TOKENS_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::data {

struct AddedToken {
  std::string content{};
  std::int32_t id = 0;
  bool special = true;  ///< left out by decoding where that is asked for
  bool lstrip = false;  ///< takes the white space before it along
  bool rstrip = false;  ///< takes the white space after it along

  bool operator==(const AddedToken&) const = default;
};

}  // namespace tenon::data

namespace tenon::data::text {

/// Finds added tokens in texts: the first one, and of those that begin there the longest.
class AddedTokenMatcher {
 public:
  AddedTokenMatcher() = default;
  /// Contents must not be empty.
  explicit AddedTokenMatcher(std::vector<AddedToken> tokens);

  struct Match {
    std::size_t begin = 0;  ///< in the text, the white space taken along included
    std::size_t end = 0;
    std::int32_t id = -1;  ///< -1 where there is none: begin and end are the text's size
  };
  /// The first token from byte `from` on, among the special ones only or all.
  Match find(std::string_view text, std::size_t from, bool special) const;

 private:
  const AddedToken* longest_at(std::string_view text, std::size_t at, bool special) const;

  std::vector<AddedToken> tokens_;  // longest first
  std::array<bool, 256> begins_{};  // the first bytes of contents
};

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_ADDED_TOKENS_H_
