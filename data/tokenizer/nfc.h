// Normalization form C: each character spelled in one way, "é" as one character rather than as "e"
// and an accent (Unicode Standard Annex 15, §1.3 and The Unicode Standard 15, §3.11).
#ifndef TENON_DATA_TOKENIZER_NFC_H_
#define TENON_DATA_TOKENIZER_NFC_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tenon::data::text {

/// `text` in form C. Bytes that are no UTF-8 stay where they are.
std::string normalize_nfc(std::string_view text);

/// Canonical decompositions into one or two characters, in ascending order of the whole: bit 63 set
/// where composing leads back, then the whole, the first and the second (or 0), 21 bits each.
/// Generated.
std::span<const std::uint64_t> nfc_decompositions();
/// Where runs of one combining class begin, in ascending order: code * 256 + class. Generated.
std::span<const std::uint32_t> combining_class_runs();

}  // namespace tenon::data::text

#endif  // TENON_DATA_TOKENIZER_NFC_H_
