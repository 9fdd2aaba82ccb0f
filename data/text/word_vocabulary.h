// Words as tokens: the classical way to read texts whose words are separated already, such as
// WikiText's .tokens files.
//
//   WordVocabulary words({train});
//   std::vector<std::int32_t> ids = words.encode(valid);   // an <eos> at the end of each line
#ifndef TENON_DATA_TEXT_WORD_VOCABULARY_H_
#define TENON_DATA_TEXT_WORD_VOCABULARY_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace tenon::data {

struct WordVocabularyOptions {
  std::int64_t min_count = 1;  ///< rarer words are unknown
  std::string end_of_line = "<eos>";
  std::string unknown = "<unk>";
};

/// Words are what stands between spaces, tabs and line ends. Ids: end of line 0, unknown 1, then
/// the words in the order of their first appearance.
class WordVocabulary {
 public:
  explicit WordVocabulary(std::initializer_list<std::string_view> texts,
                          const WordVocabularyOptions& options = {});

  /// Every word, and an end of line for every line end and for a last line without one.
  std::vector<std::int32_t> encode(std::string_view text) const;
  /// Words with spaces between them, lines with line ends. Throws IndexError.
  std::string decode(std::span<const std::int32_t> ids) const;
  /// The id of a word, or that of the unknown one.
  std::int32_t id(std::string_view word) const;
  std::int32_t size() const { return static_cast<std::int32_t>(words_.size()); }

 private:
  std::vector<std::string> words_;
  std::unordered_map<std::string, std::int32_t> ids_;
};

}  // namespace tenon::data

#endif  // TENON_DATA_TEXT_WORD_VOCABULARY_H_
