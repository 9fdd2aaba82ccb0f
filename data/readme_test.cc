// The example of data/README.md, which must stay as it is here.
#include <gtest/gtest.h>

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "data/data_loader.h"
#include "data/digits.h"
#include "data/split.h"
#include "data/tensor_dataset.h"
#include "data/transforms.h"
#include "tensor/ops.h"

namespace {

// example begins
using namespace tenon;

absl::Status count_pixels(const std::string& path) {
  absl::StatusOr<data::LabeledImages> digits =
      data::load_digits(path);               // u8 [1797,1,8,8], i64 [1797]
  if (!digits.ok()) return digits.status();  // "…/digits.csv:17: expected 65 columns, got 3"

  data::TensorDataset all(digits->images.to(DType::kF32) / 16.0, digits->labels);
  auto parts = data::stratified_split(digits->labels, {0.8, 0.2}, /*seed=*/1);
  data::Subset train(all, parts[0]), held_out(all, parts[1]);

  data::DataLoader loader(train, {.batch_size = 64, .shuffle = true, .seed = 1});
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (const data::Batch& batch : loader) {
      Tensor brightness = mean(batch.inputs, {1, 2, 3});  // f32 [64]; batch.targets i64 [64]
      if (!all_finite(brightness)) return absl::DataLossError(path);
    }
  }
  return absl::OkStatus();
}
// example ends

TEST(Readme, ItsExampleRuns) {
  EXPECT_TRUE(count_pixels("data/testdata/digits.csv.gz").ok());
  EXPECT_EQ(count_pixels("no.csv").code(), absl::StatusCode::kNotFound);
}

}  // namespace
