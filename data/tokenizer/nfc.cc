#include "data/tokenizer/nfc.h"

#include <algorithm>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "data/tokenizer/unicode_classes.h"

namespace tenon::data::text {
namespace {

using Codes = std::vector<std::uint32_t>;

// No character below this one decomposes into it, follows an accent or is one: text of such
// characters is in form C. Its first byte in UTF-8 is kFirstMarkByte.
constexpr unsigned char kFirstMarkByte = 0xcc;  // U+0300
// A byte that is no UTF-8, among characters.
constexpr std::uint32_t kRawByte = 0x80000000;
constexpr std::uint32_t kCodeMask = 0x1fffff;

// Hangul syllables are composed by arithmetic (The Unicode Standard, §3.12).
constexpr std::uint32_t kSyllables = 0xac00;
constexpr std::uint32_t kLeads = 0x1100;
constexpr std::uint32_t kVowels = 0x1161;
constexpr std::uint32_t kTails = 0x11a7;  // one before the first: no tail
constexpr std::uint32_t kNumLeads = 19;
constexpr std::uint32_t kNumVowels = 21;
constexpr std::uint32_t kNumTails = 28;
constexpr std::uint32_t kNumSyllables = kNumLeads * kNumVowels * kNumTails;

int combining_class(std::uint32_t code) {
  const auto runs = combining_class_runs();
  if (code >= kRawByte) return 0;
  const auto next = std::upper_bound(runs.begin(), runs.end(), code * 256 + 255);
  return next == runs.begin() ? 0 : static_cast<int>(*(next - 1) & 0xff);
}

std::uint64_t decomposition_of(std::uint32_t code) {
  const auto all = nfc_decompositions();
  const auto whole = [](std::uint64_t entry) {
    return static_cast<std::uint32_t>(entry >> 42 & kCodeMask);
  };
  const auto found = std::lower_bound(
      all.begin(), all.end(), code,
      [&](std::uint64_t entry, std::uint32_t value) { return whole(entry) < value; });
  return found != all.end() && whole(*found) == code ? *found : 0;
}

void decompose(std::uint32_t code, Codes& out) {
  if (code - kSyllables < kNumSyllables) {
    const std::uint32_t index = code - kSyllables;
    out.push_back(kLeads + index / (kNumVowels * kNumTails));
    out.push_back(kVowels + index % (kNumVowels * kNumTails) / kNumTails);
    if (index % kNumTails != 0) out.push_back(kTails + index % kNumTails);
    return;
  }
  const std::uint64_t entry = code < kRawByte ? decomposition_of(code) : 0;
  if (entry == 0) {
    out.push_back(code);
    return;
  }
  decompose(static_cast<std::uint32_t>(entry >> 21 & kCodeMask), out);
  const auto second = static_cast<std::uint32_t>(entry & kCodeMask);
  if (second != 0) decompose(second, out);
}

// Marks that follow a character are put in the order of their classes.
void order_marks(Codes& codes) {
  for (auto begin = codes.begin(); begin != codes.end();) {
    if (combining_class(*begin) == 0) {
      ++begin;
      continue;
    }
    const auto end =
        std::find_if(begin, codes.end(), [](std::uint32_t c) { return combining_class(c) == 0; });
    std::stable_sort(begin, end, [](std::uint32_t a, std::uint32_t b) {
      return combining_class(a) < combining_class(b);
    });
    begin = end;
  }
}

const absl::flat_hash_map<std::uint64_t, std::uint32_t>& compositions() {
  static const auto* const table = [] {
    auto* made = new absl::flat_hash_map<std::uint64_t, std::uint32_t>();
    for (const std::uint64_t entry : nfc_decompositions()) {
      const bool leads_back = entry >> 63 != 0;
      if (leads_back) {
        made->emplace(entry & ((std::uint64_t{1} << 42) - 1),
                      static_cast<std::uint32_t>(entry >> 42 & kCodeMask));
      }
    }
    return made;
  }();
  return *table;
}

// The character that two make, or 0.
std::uint32_t compose_pair(std::uint32_t first, std::uint32_t second) {
  if (first >= kRawByte || second >= kRawByte) return 0;
  if (first - kLeads < kNumLeads && second - kVowels < kNumVowels) {
    return kSyllables + ((first - kLeads) * kNumVowels + (second - kVowels)) * kNumTails;
  }
  const bool open_syllable =
      first - kSyllables < kNumSyllables && (first - kSyllables) % kNumTails == 0;
  if (open_syllable && second > kTails && second < kTails + kNumTails) {
    return first + (second - kTails);
  }
  const auto found = compositions().find(std::uint64_t{first} << 21 | second);
  return found == compositions().end() ? 0 : found->second;
}

// A mark joins the last character that is none, unless one of its own class or higher is between.
Codes compose(const Codes& codes) {
  Codes composed;
  std::ptrdiff_t starter = -1;
  int last_class = -1;  // of what was kept since the starter; -1 where nothing was
  for (const std::uint32_t code : codes) {
    const int mark = combining_class(code);
    if (starter >= 0 && last_class < mark) {
      std::uint32_t& before = composed[static_cast<std::size_t>(starter)];
      if (const std::uint32_t whole = compose_pair(before, code); whole != 0) {
        before = whole;
        continue;
      }
    }
    if (mark == 0) {
      starter = static_cast<std::ptrdiff_t>(composed.size());
      last_class = -1;
    } else {
      last_class = mark;
    }
    composed.push_back(code);
  }
  return composed;
}

}  // namespace

std::string normalize_nfc(std::string_view text) {
  const bool plain = std::none_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) >= kFirstMarkByte;
  });
  if (plain) return std::string(text);
  Codes codes;
  for (std::size_t at = 0; at < text.size();) {
    const Char c = decode_utf8(text.data() + at, text.data() + text.size());
    const auto byte = static_cast<unsigned char>(text[at]);
    decompose(c.code == Char::kInvalid ? kRawByte | byte : c.code, codes);
    at += c.size;
  }
  order_marks(codes);
  std::string normalized;
  for (const std::uint32_t code : compose(codes)) {
    if (code < kRawByte) {
      normalized += encode_utf8(code);
    } else {
      normalized += static_cast<char>(code & 0xff);
    }
  }
  return normalized;
}

}  // namespace tenon::data::text
