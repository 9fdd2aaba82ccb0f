// A small fixed-width font for captions.
#ifndef TENON_DATA_IMAGE_FONT_H_
#define TENON_DATA_IMAGE_FONT_H_

#include <string_view>

namespace tenon::data::internal {

inline constexpr int kGlyphWidth = 5;
inline constexpr int kGlyphHeight = 7;
inline constexpr int kMaxDescent = 2;

/// The seven rows of a character, five marks each ('#' ink, '.' none), one space between rows.
/// Printable ASCII; anything else gives an empty box.
std::string_view glyph(char character);

/// How many rows lower than others a character stands: kMaxDescent for those with a tail, else 0.
int descent(char character);

/// Whether row `row`, column `column` of the glyph has ink.
inline bool has_ink(std::string_view glyph, int row, int column) {
  return glyph[static_cast<std::size_t>(row * (kGlyphWidth + 1) + column)] == '#';
}

}  // namespace tenon::data::internal

#endif  // TENON_DATA_IMAGE_FONT_H_
