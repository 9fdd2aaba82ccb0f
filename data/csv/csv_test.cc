#include "data/csv/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "data/scratch_gzip.h"
#include "tensor/error.h"
#include "tensor/io/scratch_file.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const CsvSchema kPoints{.columns = {{.name = "x", .type = CsvType::kF64, .count = 2},
                                    {.name = "label", .type = CsvType::kI64, .low = 0, .high = 9}}};

absl::Status status_of(std::string_view text, const CsvSchema& schema) {
  return parse_csv(text, "t.csv", schema).status();
}

TEST(Csv, ReadsEveryType) {
  const CsvSchema schema{
      .columns = {{.name = "f32", .type = CsvType::kF32},
                  {.name = "f64", .type = CsvType::kF64},
                  {.name = "i64", .type = CsvType::kI64},
                  {.name = "i32", .type = CsvType::kI32},
                  {.name = "u8", .type = CsvType::kU8},
                  {.name = "pet", .type = CsvType::kCategory, .categories = {"cat", "dog"}},
                  {.name = "hot", .type = CsvType::kOneHot, .count = 3},
                  {.name = "note", .type = CsvType::kText},
                  {.name = "", .type = CsvType::kSkip, .count = 2}}};
  const auto table = parse_csv(
      "1.5,0.1,-9223372036854775808,-2147483648,255,dog,0,1,0,\"a, \"\"b\"\"\r\nc\",x,y\r\n"
      "-3e2,1e-300,9223372036854775807,7,\"0\",\"cat\",0,0,1,,,\n",
      "t.csv", schema);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_EQ(table->rows(), 2);
  EXPECT_THAT(table->tensor("f32").to_vector<float>(), ElementsAre(1.5f, -300.0f));
  EXPECT_THAT(table->tensor("f64").to_vector<double>(), ElementsAre(0.1, 1e-300));
  EXPECT_THAT(table->tensor("i64").to_vector<std::int64_t>(), ElementsAre(INT64_MIN, INT64_MAX));
  EXPECT_THAT(table->tensor("i32").to_vector<std::int32_t>(), ElementsAre(INT32_MIN, 7));
  EXPECT_THAT(table->tensor("u8").to_vector<std::uint8_t>(), ElementsAre(255, 0));
  EXPECT_THAT(table->tensor("pet").to_vector<std::int64_t>(), ElementsAre(1, 0));
  EXPECT_THAT(table->tensor("hot").to_vector<std::int64_t>(), ElementsAre(1, 2));
  EXPECT_THAT(table->text("note"), ElementsAre("a, \"b\"\r\nc", ""));
}

TEST(Csv, TakesEveryLineEndAndAByteOrderMark) {
  for (const char* text : {"1,2,3\n4,5,6\n", "1,2,3\n4,5,6", "1,2,3\r\n4,5,6\r\n", "1,2,3\r\n4,5,6",
                           "\xef\xbb\xbf"
                           "1,2,3\n4,5,6\n",
                           "\"1\",2,\"3\"\r\n4,\"5\",6\r"}) {
    const auto table = parse_csv(text, "t.csv", kPoints);
    ASSERT_TRUE(table.ok()) << table.status() << " " << text;
    EXPECT_EQ(table->tensor("x").shape(), Shape({2, 2}));
    EXPECT_THAT(table->tensor("x").to_vector<double>(), ElementsAre(1, 2, 4, 5));
    EXPECT_THAT(table->tensor("label").to_vector<std::int64_t>(), ElementsAre(3, 6));
  }
}

TEST(Csv, ChecksTheHeader) {
  CsvSchema schema = kPoints;
  schema.header = true;
  EXPECT_EQ(parse_csv("x1,x2,label\n1,2,3\n", "t.csv", schema)->rows(), 1);
  EXPECT_THAT(message(status_of("x1,x2,class\n1,2,3\n", schema)),
              HasSubstr("t.csv: row 1, column 3 (label): expected this name, got 'class'"));
  EXPECT_THAT(message(status_of("x1,x2\n1,2,3\n", schema)),
              HasSubstr("t.csv: row 1, expected 3 columns, got 2"));
  EXPECT_THAT(message(status_of("x1,x2,label\n1,2,3\n1,?,3\n", schema)),
              HasSubstr("t.csv: row 3, column 2 (x): expected a number, got '?'"));
  EXPECT_THAT(message(status_of("x1,x2,label\n", schema)), HasSubstr("expected rows, got none"));
}

TEST(Csv, TakesMissingNumbersWhereAllowed) {
  const CsvSchema schema{.columns = {{.name = "a", .type = CsvType::kF32, .missing = -1},
                                     {.name = "b", .type = CsvType::kI64}},
                         .separator = ';'};
  const auto table = parse_csv(";1\nNA;2\n3;3\n", "t.csv", schema);
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_THAT(table->tensor("a").to_vector<float>(), ElementsAre(-1, -1, 3));
  EXPECT_THAT(message(status_of("1;\n", schema)),
              HasSubstr("row 1, column 2 (b): expected an integer, got ''"));
}

TEST(Csv, NamesRowAndColumn) {
  const auto expect = [](const std::string& text, const std::string& what) {
    const absl::Status status = status_of("1,2,3\n" + text, kPoints);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(message(status), HasSubstr("t.csv: row 2, " + what)) << text;
  };
  expect("1,2\n", "expected 3 columns, got 2");
  expect("1,2,3,4\n", "expected 3 columns, got 4");
  expect("\n1,2,3\n", "expected 3 columns, got 1");
  expect("1,2,3,\n", "expected 3 columns, got 4");
  expect("1,x,3\n", "column 2 (x): expected a number, got 'x'");
  expect("1,2x,3\n", "column 2 (x): expected a number, got '2x'");
  expect("1,nan,3\n", "column 2 (x): expected a number, got 'nan'");
  expect("1,1e999,3\n", "column 2 (x): expected a number, got '1e999'");
  expect("1, 2,3\n", "column 2 (x): expected a number, got ' 2'");
  expect("1,2,10\n", "column 3 (label): expected an integer from 0 to 9, got '10'");
  expect("1,2,-1", "column 3 (label): expected an integer from 0 to 9, got '-1'");
  expect("1,2,3.0", "column 3 (label): expected an integer from 0 to 9, got '3.0'");
  expect("1,2,99999999999999999999", "column 3 (label): expected an integer from 0 to 9");
  expect("1,\"2,3\n", "column 2: expected a closing quote");
  expect("1,\"2\"x,3\n", "column 2: expected a separator after the closing quote, got 'x'");
  expect("1,2\"\",3\n", "column 2: expected quotes around the field or none, got one inside");
  expect("1,\xff\x01,3\n", "column 2 (x): expected a number, got '\\xff\\x01'");
  EXPECT_THAT(message(status_of("", kPoints)), HasSubstr("t.csv: expected rows, got none"));
  EXPECT_THAT(message(status_of("\n\n\n\n", kPoints)), HasSubstr("row 1, expected 3 columns"));
}

TEST(Csv, OneHotHasExactlyOne) {
  const CsvSchema schema{.columns = {{.name = "soil", .type = CsvType::kOneHot, .count = 6},
                                     {.name = "y", .type = CsvType::kU8}}};
  for (int k = 0; k < 6; ++k) {
    std::string row;
    for (int i = 0; i < 6; ++i) row += i == k ? "1," : "0,";
    EXPECT_EQ(parse_csv(row + "7", "t.csv", schema)->tensor("soil").item<int>({0}), k);
  }
  const auto expect = [&](const std::string& text, const std::string& what) {
    EXPECT_THAT(message(status_of(text, schema)), HasSubstr(what)) << text;
  };
  expect("0,0,0,0,0,0,7", "columns 1 to 6 (soil): expected one of them to be 1, got 0");
  expect("1,0,0,0,0,1,7", "columns 1 to 6 (soil): expected one of them to be 1, got 2");
  expect("1,0,0,0,0,2,7", "column 6 (soil): expected 0 or 1, got '2'");
  expect("1,0,0,0", "expected 7 columns, got 4");
  expect("1,0,0,0,0,0", "expected 7 columns, got 6");
  expect("1,0,0,0,0,0,", "column 7 (y): expected an integer from 0 to 255, got ''");
  expect("0,0,0,0,0,0,0,0,", "got 0");
  const CsvSchema four{.columns = {{.name = "s", .type = CsvType::kOneHot, .count = 4}}};
  EXPECT_THAT(message(status_of("1,0,0,0,", four)), HasSubstr("expected 4 columns, got 5"));
}

TEST(Csv, NoTruncationCrashes) {
  const std::string text = "1,\"2\",3\r\n4,5,6\r\n";
  const ScratchFolder folder;
  for (std::size_t size = 0; size < text.size(); ++size) {
    const bool whole = size == 7 || size == 8 || size == 9 || size == 14 || size == 15;
    EXPECT_EQ(status_of(text.substr(0, size), kPoints).ok(), whole) << size;
  }
  const std::string packed = gzipped(text);
  for (std::size_t size = 0; size < packed.size(); ++size) {
    const auto status = read_csv(folder.put("t.csv", packed.substr(0, size)), kPoints).status();
    EXPECT_FALSE(status.ok()) << size;
    EXPECT_THAT(message(status), HasSubstr(folder.path("t.csv"))) << size;
  }
}

// The same rows by any number of threads, plain and gzipped, and the first error of several.
TEST(Csv, ThreadsAndPiecesDoNotMatter) {
  std::string text;
  std::vector<double> expected;
  for (int i = 0; i < 100'000; ++i) {
    const double value = (i * 7919 % 100'003) / 8.0;
    text += std::to_string(value) + "," + std::to_string(i) + "," + std::to_string(i % 10) + "\n";
    expected.push_back(value);
    expected.push_back(i);
  }
  const ScratchFolder folder;
  const std::string plain = folder.put("t.csv", text);
  const std::string packed = folder.put("t.csv.gz", gzipped(text) + gzipped(text));
  for (const int threads : {1, 2, 7}) {
    const auto table = read_csv(plain, kPoints, {.threads = threads});
    ASSERT_TRUE(table.ok()) << table.status();
    EXPECT_EQ(table->tensor("x").to_vector<double>(), expected);
  }
  const auto twice = read_csv(packed, kPoints);
  ASSERT_TRUE(twice.ok()) << twice.status();
  EXPECT_EQ(twice->rows(), 200'000);
  EXPECT_EQ(twice->tensor("x").slice(0, 100'000).to_vector<double>(), expected);
  text.replace(text.find("\n", text.size() / 2), 1, ",\n");
  text += "x";
  const auto row =
      std::count(text.begin(), text.begin() + static_cast<long>(text.size() / 2), '\n');
  EXPECT_THAT(message(read_csv(folder.put("t.csv", text), kPoints, {.threads = 4}).status()),
              HasSubstr("t.csv: row " + std::to_string(row + 1) + ", expected 3 columns, got 4"));
}

TEST(Csv, StopsWhatUnpacksToTooMuch) {
  const ScratchFolder folder;
  const std::string path = folder.put("t.csv.gz", gzipped(std::string(10'000'000, '\n')));
  EXPECT_EQ(read_csv(path, kPoints, {.max_bytes = 1000}).status().code(),
            absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(read_csv(path, kPoints).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST(Csv, ThrowsForSchemasThatContradictThemselves) {
  const auto read = [](std::vector<CsvColumn> columns, char separator = ',') {
    return parse_csv("1\n", "t.csv", {.columns = std::move(columns), .separator = separator});
  };
  EXPECT_THROW(read({}).status().IgnoreError(), ValueError);
  EXPECT_THROW(read({{.name = "a"}, {.name = "a"}}).status().IgnoreError(), ValueError);
  EXPECT_THROW(read({{.name = "a", .count = 0}}).status().IgnoreError(), ValueError);
  EXPECT_THROW(read({{.name = "a", .type = CsvType::kText, .count = 2}}).status().IgnoreError(),
               ValueError);
  EXPECT_THROW(read({{.name = "a", .type = CsvType::kCategory}}).status().IgnoreError(),
               ValueError);
  EXPECT_THROW(read({{.name = "a"}}, '"').status().IgnoreError(), ValueError);
  const auto table = read({{.name = "a"}});
  EXPECT_THROW(table->tensor("b"), ValueError);
  EXPECT_THROW(table->text("a"), ValueError);
}

TEST(Csv, NamesAFileThatIsNotThere) {
  const auto status = read_csv("no.csv", kPoints).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("no.csv"));
}

}  // namespace
}  // namespace tenon::data
