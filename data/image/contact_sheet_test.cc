#include "data/image/contact_sheet.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <string>
#include <vector>

#include "data/image/font.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

using Color = std::array<int, 3>;

Color color_at(const Tensor& page, std::int64_t y, std::int64_t x) {
  return {page.item<int>({y, x, 0}), page.item<int>({y, x, 1}), page.item<int>({y, x, 2})};
}

std::map<Color, int> count_colors(const Tensor& page) {
  std::map<Color, int> counts;
  for (std::int64_t y = 0; y < page.size(0); ++y) {
    for (std::int64_t x = 0; x < page.size(1); ++x) ++counts[color_at(page, y, x)];
  }
  return counts;
}

TEST(ContactSheet, ShowsEveryPixelAtItsScale) {
  // Colours that the page itself does not have.
  const Tensor images =
      from_vector(std::vector<std::uint8_t>{1, 2, 3, 4, 5, 6, 7, 8}, Shape{2, 1, 2, 2});
  const auto counts = count_colors(contact_sheet(images, {}, {.scale = 3}));
  for (int value = 1; value <= 8; ++value) EXPECT_EQ(counts.at({value, value, value}), 9) << value;
}

TEST(ContactSheet, KeepsPixelsInPlace) {
  const Tensor images = from_vector(std::vector<std::uint8_t>{1, 2, 3, 4}, Shape{1, 1, 2, 2});
  const Tensor page = contact_sheet(images, {}, {.scale = 1});
  std::int64_t found = 0;
  for (std::int64_t y = 0; y + 1 < page.size(0); ++y) {
    for (std::int64_t x = 0; x + 1 < page.size(1); ++x) {
      if (color_at(page, y, x) != Color{1, 1, 1}) continue;
      ++found;
      EXPECT_EQ(color_at(page, y, x + 1), (Color{2, 2, 2}));
      EXPECT_EQ(color_at(page, y + 1, x), (Color{3, 3, 3}));
      EXPECT_EQ(color_at(page, y + 1, x + 1), (Color{4, 4, 4}));
    }
  }
  EXPECT_EQ(found, 1);
}

TEST(ContactSheet, ShowsColorsAndFractions) {
  const Tensor color = from_vector(std::vector<std::uint8_t>{10, 20, 30}, Shape{1, 3, 1, 1});
  EXPECT_EQ(count_colors(contact_sheet(color, {}, {.scale = 2})).at({10, 20, 30}), 4);
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const Tensor fractions = from_vector(std::vector<float>{0.2f, -3, 7, kNan}, Shape{4, 1, 1, 1});
  const auto counts = count_colors(contact_sheet(fractions, {}, {.scale = 1}));
  EXPECT_EQ(counts.at({51, 51, 51}), 1);
  EXPECT_EQ(counts.at({0, 0, 0}), 2);
  EXPECT_EQ(counts.at({255, 255, 255}), 1);
}

TEST(ContactSheet, DrawsCaptionsAndTitle) {
  const Tensor images = zeros({2, 1, 8, 8}, {.dtype = DType::kU8});
  const auto plain = count_colors(contact_sheet(images));
  const auto captioned = count_colors(contact_sheet(images, {"3>8", ""}));
  EXPECT_EQ(captioned.size(), plain.size() + 1);
  int ink = 0;
  for (const char c : std::string("3>8")) {
    for (const char mark : internal::glyph(c)) ink += mark == '#';
  }
  int most = 0;
  for (const auto& [color, count] : captioned) {
    if (plain.count(color) == 0) most = count;
  }
  EXPECT_EQ(most, 4 * ink);  // each mark is 2x2 pixels
  EXPECT_EQ(count_colors(contact_sheet(images, {}, {.title = "t"})).size(), plain.size() + 1);
}

TEST(ContactSheet, LaysOutRowsAndColumns) {
  const Tensor images = zeros({5, 1, 4, 4}, {.dtype = DType::kU8});
  const Tensor one_row = contact_sheet(images, {}, {.columns = 5});
  const Tensor one_column = contact_sheet(images, {}, {.columns = 1});
  EXPECT_GT(one_row.size(1), 4 * one_row.size(0));
  EXPECT_EQ(one_row.size(0), one_column.size(1));
  EXPECT_EQ(one_row.size(1), one_column.size(0));
  EXPECT_EQ(contact_sheet(images, {}, {.columns = 99}).shape(), one_row.shape());
}

TEST(ContactSheet, MakesSmallImagesLarge) {
  const Tensor page = contact_sheet(zeros({1, 1, 8, 8}, {.dtype = DType::kU8}));
  EXPECT_EQ(count_colors(page).at({0, 0, 0}), 64 * 64);
}

TEST(ContactSheet, CutsCaptionsAtTheirImage) {
  const Tensor images = zeros({2, 1, 8, 8}, {.dtype = DType::kU8});
  const Tensor wide = contact_sheet(images, {std::string(1000, 'x'), "a"}, {.columns = 2});
  EXPECT_EQ(wide.shape(),
            contact_sheet(images, {std::string(30, 'x'), "a"}, {.columns = 2}).shape());
}

TEST(ContactSheet, TakesNoImagesAndOddCharacters) {
  const Tensor none = zeros({0, 1, 8, 8}, {.dtype = DType::kU8});
  EXPECT_EQ(contact_sheet(none).ndim(), 3);
  EXPECT_EQ(count_colors(contact_sheet(none, {}, {.title = "none wrong"})).size(), 2u);
  EXPECT_NO_THROW(contact_sheet(none, {}, {.title = "\x01\x7f\x80\xff é"}));
}

TEST(ContactSheet, ThrowsForWhatIsNoSheet) {
  const TensorOptions u8{.dtype = DType::kU8};
  const Tensor images = zeros({2, 1, 8, 8}, u8);
  EXPECT_THROW(contact_sheet(zeros({8, 8}, u8)), ShapeError);
  EXPECT_THROW(contact_sheet(zeros({2, 2, 8, 8}, u8)), ShapeError);
  EXPECT_THROW(contact_sheet(zeros({2, 1, 0, 8}, u8)), ShapeError);
  EXPECT_THROW(contact_sheet(zeros({2, 1, 8, 8}, {.dtype = DType::kI64})), DTypeError);
  EXPECT_THROW(contact_sheet(images, {"one"}), ValueError);
  EXPECT_THROW(contact_sheet(images, {}, {.columns = -1}), ValueError);
  EXPECT_THROW(contact_sheet(images, {}, {.scale = -1}), ValueError);
  EXPECT_THROW(contact_sheet(images, {}, {.scale = 100000}), ValueError);
}

TEST(Font, HasSevenRowsOfFiveMarksForEveryCharacter) {
  std::map<std::string, int> seen;
  for (int c = ' '; c <= '~'; ++c) {
    const std::string marks(internal::glyph(static_cast<char>(c)));
    ASSERT_EQ(marks.size(), 41u) << static_cast<char>(c);
    for (std::size_t i = 0; i < marks.size(); ++i) {
      const bool between_rows = i % 6 == 5;
      EXPECT_TRUE(between_rows ? marks[i] == ' ' : marks[i] == '#' || marks[i] == '.') << i;
    }
    EXPECT_EQ(++seen[marks], 1) << static_cast<char>(c);  // no two look the same
  }
}

}  // namespace
}  // namespace tenon::data
