#include "data/tokenizer/train.h"

#include <algorithm>
#include <array>
#include <queue>
#include <tuple>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "data/tokenizer/byte_alphabet.h"
#include "data/tokenizer/spec.h"
#include "data/tokenizer/internal/spec_builder.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

using text::TokenizerSpec;
using Pair = std::pair<std::int32_t, std::int32_t>;

struct Word {
  std::vector<std::int32_t> symbols;
  std::int64_t count = 0;
};

// A pair and how often it was seen when it was queued.
struct Frequent {
  std::int64_t count;
  Pair pair;

  bool operator<(const Frequent& other) const {  // the queue hands out its largest first
    return std::tie(count, other.pair) < std::tie(other.count, pair);
  }
};

class Trainer {
 public:
  explicit Trainer(TokenizerSpec& spec) : spec_(spec), builder_(spec) {}

  void add_special(const std::string& content) {
    const bool fresh = !content.empty() && builder_.find(content) == text::kNoToken;
    const AddedToken token{.content = content, .id = next_id()};
    if (!fresh || !builder_.add_token(token).ok()) {
      throw ValueError("[train_bpe] expected special tokens that differ and are not empty, got '" +
                       content + "'");
    }
  }

  // In the order of their spellings, as Hugging Face's trainer sorts its alphabet.
  void add_bytes() {
    std::vector<std::string> spellings;
    for (int byte = 0; byte < 256; ++byte) {
      spellings.push_back(text::spelled(static_cast<std::uint8_t>(byte)));
    }
    std::sort(spellings.begin(), spellings.end());
    for (const std::string& spelling : spellings) add_token(spelling);
    for (int byte = 0; byte < 256; ++byte) {
      byte_tokens_[static_cast<std::size_t>(byte)] =
          builder_.find(text::spelled(static_cast<std::uint8_t>(byte)));
    }
  }

  void add_text(std::string_view contents) {
    text::split_words(spec_.steps, contents, [this](std::string_view word) {
      ++counts_[absl::string_view(word.data(), word.size())];
    });
  }

  void learn(std::int32_t vocab_size, std::int64_t min_count) {
    make_words();
    while (next_id() < vocab_size && !queue_.empty()) {
      const Frequent best = queue_.top();
      queue_.pop();
      const std::int64_t now = pairs_[best.pair].count;
      if (now != best.count) {
        queue_.push({now, best.pair});
        continue;
      }
      if (now < std::max<std::int64_t>(min_count, 1)) break;
      merge(best.pair);
    }
  }

 private:
  struct Occurrences {
    std::int64_t count = 0;
    std::vector<std::size_t> words;  // where it is or was
  };

  std::int32_t next_id() const { return static_cast<std::int32_t>(spec_.tokens.size()); }

  const std::string& spelling(std::int32_t id) const {
    return spec_.tokens[static_cast<std::size_t>(id)];
  }

  std::int32_t add_token(const std::string& spelling) {
    const std::int32_t known = builder_.find(spelling);
    if (known != text::kNoToken) return known;
    builder_.add(spelling, next_id()).IgnoreError();  // cannot fail: the id is the next one
    return next_id() - 1;
  }

  void make_words() {
    for (const auto& [text, count] : counts_) {
      Word& word = words_.emplace_back();
      word.count = count;
      for (const char c : text) {
        word.symbols.push_back(byte_tokens_[static_cast<unsigned char>(c)]);
      }
      for (std::size_t i = 0; i + 1 < word.symbols.size(); ++i) {
        change({word.symbols[i], word.symbols[i + 1]}, count, words_.size() - 1);
      }
    }
    for (const auto& [pair, occurrences] : pairs_) queue_.push({occurrences.count, pair});
  }

  void change(Pair pair, std::int64_t by, std::size_t word) {
    Occurrences& occurrences = pairs_[pair];
    occurrences.count += by;
    const bool listed = !occurrences.words.empty() && occurrences.words.back() == word;
    if (by > 0 && !listed) occurrences.words.push_back(word);
  }

  void merge(Pair pair) {
    const std::int32_t result = add_token(spelling(pair.first) + spelling(pair.second));
    spec_.merges.add({.left = pair.first,
                      .right = pair.second,
                      .result = result,
                      .rank = static_cast<std::int32_t>(spec_.merges.size())});
    fresh_.clear();
    const std::vector<std::size_t> places = std::move(pairs_[pair].words);
    for (const std::size_t index : places) merge_in(index, pair, result);
    std::sort(fresh_.begin(), fresh_.end());
    fresh_.erase(std::unique(fresh_.begin(), fresh_.end()), fresh_.end());
    for (const Pair& grown : fresh_) queue_.push({pairs_[grown].count, grown});
  }

  // Replaces the pair in one word, and counts what its neighbours are paired with now.
  void merge_in(std::size_t index, Pair pair, std::int32_t result) {
    Word& word = words_[index];
    auto& symbols = word.symbols;
    for (std::size_t i = 0; i + 1 < symbols.size(); ++i) {
      if (symbols[i] != pair.first || symbols[i + 1] != pair.second) continue;
      symbols[i] = result;
      symbols.erase(symbols.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      if (i > 0) replace({symbols[i - 1], pair.first}, {symbols[i - 1], result}, index);
      if (i + 1 < symbols.size()) {
        replace({pair.second, symbols[i + 1]}, {result, symbols[i + 1]}, index);
      }
    }
  }

  void replace(Pair old, Pair fresh, std::size_t index) {
    change(old, -words_[index].count, index);
    change(fresh, words_[index].count, index);
    fresh_.push_back(fresh);
  }

  TokenizerSpec& spec_;
  text::SpecBuilder builder_;
  std::array<std::int32_t, 256> byte_tokens_{};
  absl::flat_hash_map<std::string, std::int64_t> counts_;
  std::vector<Word> words_;
  absl::flat_hash_map<Pair, Occurrences> pairs_;
  std::priority_queue<Frequent> queue_;
  std::vector<Pair> fresh_;
};

}  // namespace

Tokenizer train_bpe(std::span<const std::string_view> texts, const BpeTrainingOptions& options) {
  const auto least = static_cast<std::int64_t>(256 + options.special_tokens.size());
  if (options.vocab_size < least) {
    throw ValueError("[train_bpe] expected a vocab_size of at least " + std::to_string(least) +
                     " (256 bytes and the special tokens), got " +
                     std::to_string(options.vocab_size));
  }
  TokenizerSpec spec;
  spec.steps = {{.rule = text::SplitRule::kGpt2}};
  Trainer trainer(spec);
  for (const std::string& content : options.special_tokens) trainer.add_special(content);
  trainer.add_bytes();
  for (const std::string_view contents : texts) trainer.add_text(contents);
  trainer.learn(options.vocab_size, options.min_count);
  return Tokenizer(std::move(spec));
}

}  // namespace tenon::data
