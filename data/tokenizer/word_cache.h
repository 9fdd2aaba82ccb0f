// Remembers the tokens of words: most words of a text came before.
#ifndef TENON_DATA_TOKENIZER_WORD_CACHE_H_
#define TENON_DATA_TOKENIZER_WORD_CACHE_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace tenon::data::text {

/// 2^15 places of a cache line each, 2 MiB: about what the second-level cache holds. A word has one
/// place, and the last word that came there has it. Lock `mutex` while in use.
class WordCache {
 public:
  static constexpr std::size_t kMaxBytes = 30;
  static constexpr std::size_t kMaxTokens = 8;

  struct alignas(64) Entry {
    std::uint8_t bytes = 0;  // none yet
    std::uint8_t tokens = 0;
    char word[kMaxBytes];
    std::int32_t ids[kMaxTokens];

    bool holds(std::string_view text) const {
      return bytes == text.size() && std::memcmp(word, text.data(), text.size()) == 0;
    }
    std::span<const std::int32_t> result() const { return {ids, tokens}; }
  };

  /// The place of a word of 1 to kMaxBytes bytes.
  Entry& place(std::string_view word) {
    if (entries_.empty()) entries_.resize(kEntries);
    return entries_[absl::HashOf(absl::string_view(word.data(), word.size())) % kEntries];
  }

  static void store(Entry& entry, std::string_view word, std::span<const std::int32_t> ids) {
    if (ids.size() > kMaxTokens) return;
    entry.bytes = static_cast<std::uint8_t>(word.size());
    entry.tokens = static_cast<std::uint8_t>(ids.size());
    std::memcpy(entry.word, word.data(), word.size());
    std::copy(ids.begin(), ids.end(), entry.ids);
  }

  std::mutex mutex;

 private:
  static constexpr std::size_t kEntries = 1 << 15;
  std::vector<Entry> entries_;
};

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_WORD_CACHE_H_
