// Byte-pair encoding (Sennrich et al. 2016, "Neural machine translation of rare words with subword
// units", §3.2): in a word's symbols, the pair of neighbours that was learned first is merged,
// until no pair is known.
#ifndef TENON_DATA_TOKENIZER_BPE_H_
#define TENON_DATA_TOKENIZER_BPE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace tenon::data::text {

/// Two neighbours and what they become. Lower ranks go first; among equal ranks the leftmost.
struct Merge {
  std::int32_t left = 0;
  std::int32_t right = 0;
  std::int32_t result = 0;
  std::int32_t rank = 0;
};

class MergeTable {
 public:
  /// False where the pair is there already.
  bool add(const Merge& merge);
  std::size_t size() const { return merges_.size(); }
  /// All merges, those of lower ranks first.
  std::vector<Merge> sorted() const;

  /// Merges a word's symbols in place, in O(n log n) for n symbols.
  void apply(std::vector<std::int32_t>& symbols) const;

 private:
  struct Value {
    std::int32_t rank;
    std::int32_t result;
  };
  const Value* find(std::int32_t left, std::int32_t right) const;

  absl::flat_hash_map<std::uint64_t, Value> merges_;
};

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_BPE_H_
