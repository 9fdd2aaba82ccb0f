#include "data/digits.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "data/scratch_gzip.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

constexpr char kDigits[] = "data/testdata/digits.csv.gz";

// A line whose pixels are 0 … 15, four times, and its label.
std::string line(int label) {
  std::string text;
  for (int i = 0; i < 64; ++i) text += std::to_string(i % 16) + ",";
  return text + std::to_string(label);
}

absl::Status status_of(const ScratchFolder& folder, const std::string& text) {
  return load_digits(folder.put("x.csv", text)).status();
}

// The counts per digit and the first image are those in scikit-learn's documentation.
TEST(LoadDigits, ReadsTheRealFile) {
  const auto digits = load_digits(kDigits);
  ASSERT_TRUE(digits.ok()) << digits.status();
  EXPECT_EQ(digits->images.shape(), Shape({1797, 1, 8, 8}));
  EXPECT_EQ(digits->images.dtype(), DType::kU8);
  EXPECT_THAT(digits->images.slice(0, 0, 1).slice(2, 0, 2).to_vector<std::uint8_t>(),
              ElementsAreArray({0, 0, 5, 13, 9, 1, 0, 0, 0, 0, 13, 15, 10, 15, 5, 0}));
  EXPECT_EQ(max(digits->images.to(DType::kF32)).item<float>(), 16);
  std::array<int, 10> counts{};
  for (const auto label : digits->labels.to_vector<std::int64_t>()) {
    ++counts[static_cast<std::size_t>(label)];
  }
  EXPECT_THAT(counts, ElementsAreArray({178, 182, 177, 183, 181, 182, 181, 179, 174, 180}));
}

TEST(LoadDigits, TakesEitherLineEnd) {
  const ScratchFolder folder;
  for (const std::string& text :
       {line(3) + "\n" + line(4) + "\n", line(3) + "\r\n" + line(4) + "\r\n",
        line(3) + "\n" + line(4), gzipped(line(3) + "\r\n" + line(4))}) {
    const auto digits = load_digits(folder.put("x.csv", text));
    ASSERT_TRUE(digits.ok()) << digits.status();
    EXPECT_EQ(digits->images.shape(), Shape({2, 1, 8, 8}));
    EXPECT_EQ(digits->images.item<int>({1, 0, 1, 7}), 15);
    EXPECT_EQ(digits->labels.item<int>({1}), 4);
  }
}

TEST(LoadDigits, NamesFileAndRow) {
  const ScratchFolder folder;
  const auto expect = [&](const std::string& text, const std::string& what) {
    const absl::Status status = status_of(folder, text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(message(status), HasSubstr(folder.path("x.csv") + what));
  };
  const std::string good = line(1) + "\n";
  expect("", ": expected rows, got none");
  expect(good + good + "1,2,3\n", ": row 3, expected 65 columns, got 3");
  expect(good + "\n" + good, ": row 2, expected 65 columns, got 1");
  expect(good + line(1) + ",5\n", ": row 2, expected 65 columns, got 66");
  expect(good + line(10), ": row 2, column 65 (label): expected an integer from 0 to 9, got '10'");
  expect(good + line(-1), ": row 2, column 65 (label): expected an integer from 0 to 9, got '-1'");
  const std::string tail = line(1).substr(2);  // after "0,"
  for (const std::string field : {"17", "x", "1.5", " 1", "", "99999999999999999999"}) {
    expect(field + "," + tail,
           ": row 1, column 1 (pixels): expected an integer from 0 to 16, got '" + field + "'");
  }
}

TEST(LoadDigits, NoTruncationCrashes) {
  const ScratchFolder folder;
  const std::string text = line(1) + "\n" + line(2) + "\n";
  for (std::size_t size = 0; size < text.size(); ++size) {
    const bool whole_lines =
        size == line(1).size() || size == line(1).size() + 1 || size == text.size() - 1;
    EXPECT_EQ(status_of(folder, text.substr(0, size)).ok(), whole_lines) << size;
  }
}

TEST(LoadDigits, StopsWhatUnpacksToTooMuch) {
  const ScratchFolder folder;
  const std::string bomb = gzipped(std::string(std::size_t{65} << 20, '1'));
  EXPECT_EQ(status_of(folder, bomb).code(), absl::StatusCode::kResourceExhausted);
}

TEST(LoadDigits, NamesAFileThatIsNotThere) {
  const auto status = load_digits("no.csv").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(message(status), HasSubstr("no.csv"));
}

}  // namespace
}  // namespace tenon::data
