#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <sstream>

#include "examples/common/statistics.h"
#include "examples/common/table.h"
#include "tensor/error.h"

namespace tenon::examples {
namespace {

std::string read(const std::string& path) {
  std::stringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

Table two_rows() {
  Table table({"init", "here %"});
  table.add_row({"He", "97.60 ± 0.20"});
  table.add_row({"zero, or \"0\"", "9.8|"});
  return table;
}

TEST(Table, AlignsCharactersNotBytes) {
  EXPECT_EQ(two_rows().to_text(),
            "init                here %\n"
            "He            97.60 ± 0.20\n"
            "zero, or \"0\"          9.8|\n");
}

TEST(Table, ReadsWhatCsvHolds) {
  const auto rows = parse_csv("a,b\n\"x, \"\"y\"\"\",\"two\nlines\"\n,3\n");  // RFC 4180, §2
  ASSERT_TRUE(rows.ok()) << rows.status();
  EXPECT_EQ(*rows, (std::vector<std::vector<std::string>>{
                       {"a", "b"}, {"x, \"y\"", "two\nlines"}, {"", "3"}}));
  EXPECT_EQ(parse_csv("a,b\n1,2")->back(), (std::vector<std::string>{"1", "2"}));
  EXPECT_TRUE(parse_csv("")->empty());
}

TEST(Table, DamagedCsvIsSaid) {
  EXPECT_EQ(parse_csv("a,b\n1\n").status().message(), "row 2: expected 2 cells, got 1");
  EXPECT_EQ(parse_csv("a,b\n1").status().message(), "row 2: expected 2 cells, got 1");
  EXPECT_TRUE(absl::IsDataLoss(parse_csv("a\n\"b\n").status()));
}

TEST(Table, EscapesWhatMarkdownAndCsvReadOtherwise) {
  EXPECT_EQ(two_rows().to_markdown(),
            "| init | here % |\n|---|---:|\n| He | 97.60 ± 0.20 |\n| zero, or \"0\" | 9.8\\| |\n");
  EXPECT_EQ(two_rows().to_csv(), "init,here %\nHe,97.60 ± 0.20\n\"zero, or \"\"0\"\"\",9.8|\n");
}

TEST(Table, WritesBothFiles) {
  const std::string base = testing::TempDir() + "/table";
  ASSERT_TRUE(two_rows().write(base).ok());
  EXPECT_EQ(read(base + ".csv"), two_rows().to_csv());
  EXPECT_EQ(read(base + ".md"), two_rows().to_markdown());
  EXPECT_FALSE(two_rows().write(testing::TempDir() + "/missing/table").ok());
}

TEST(Table, RefusesARowOfAnotherLength) {
  Table table({"a", "b"});
  EXPECT_THROW(table.add_row({"1"}), ShapeError);
}

TEST(Statistics, MeanAndDeviationOfASample) {
  const Spread some = spread({2, 4, 4, 4, 5, 5, 7, 9});
  EXPECT_DOUBLE_EQ(some.mean, 5);
  EXPECT_DOUBLE_EQ(some.deviation, std::sqrt(32.0 / 7));
  EXPECT_EQ(some.count, 8);
  EXPECT_EQ(percent(spread({0.974, 0.978, 0.976})), "97.60 ± 0.20");
  EXPECT_EQ(percent(spread({0.5}), 1), "50.0");
  EXPECT_EQ(fixed(spread({1, 2, 3}), 1), "2.0 ± 1.0");
  EXPECT_EQ(fixed(spread({7}), 2), "7.00");
  EXPECT_TRUE(std::isnan(spread({}).mean));
}

}  // namespace
}  // namespace tenon::examples
