// The example of data/README.md: compiled and run here, and compared with what the page shows.
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "data/data_loader.h"
#include "data/digits.h"
#include "data/split.h"
#include "data/tensor_dataset.h"
#include "tensor/io/scratch_file.h"
#include "tensor/ops.h"

namespace {

// example begins
using namespace tenon;

absl::Status look_at(const std::string& path) {
  absl::StatusOr<data::LabeledImages> digits = data::load_digits(path);
  if (!digits.ok()) return digits.status();  // "digits.csv: row 17, expected 65 columns, got 3"

  Tensor pixels = digits->images.to(DType::kF32) / 16.0;  // u8 [1797,1,8,8] -> f32
  data::TensorDataset all(pixels, digits->labels);        // labels: i64 [1797]
  auto parts = data::stratified_split(digits->labels, {0.8, 0.2}, /*seed=*/1);
  data::Subset train(all, parts[0]), held_out(all, parts[1]);

  data::DataLoader loader(train, {.batch_size = 64, .shuffle = true, .seed = 1});
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (const data::Batch& batch : loader) {
      Tensor brightness = mean(batch.inputs, {1, 2, 3});  // [64,1,8,8] -> [64]
      if (!all_finite(brightness)) return absl::DataLossError(path);
    }
  }
  return absl::OkStatus();
}
// example ends

// What lies between two marks, each at the end of its line.
std::string between(const std::string& text, const std::string& begin, const std::string& end) {
  const std::size_t first = text.find(begin);
  EXPECT_NE(first, std::string::npos) << begin;
  if (first == std::string::npos) return "";
  const std::size_t start = first + begin.size();
  return text.substr(start, text.find(end, start) - start);
}

TEST(Readme, ItsExampleRuns) {
  EXPECT_TRUE(look_at("data/testdata/digits.csv.gz").ok());
  EXPECT_EQ(look_at("no.csv").code(), absl::StatusCode::kNotFound);
}

TEST(Readme, ShowsThisExample) {
  const std::string here = between(slurp("data/readme_test.cc"), "// example begins\n",
                                   std::string("// example ") + "ends");
  EXPECT_FALSE(here.empty());
  EXPECT_EQ(between(slurp("data/README.md"), "```cpp\n", "```"), here);
}

}  // namespace
