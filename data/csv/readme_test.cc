// The example of data/csv/README.md: compiled and run here, and compared with the page.
#include <gtest/gtest.h>

#include <string>

#include "absl/status/status.h"
#include "data/csv/csv.h"
#include "data/readme_example.h"
#include "data/stats/labels.h"
#include "data/stats/report.h"
#include "data/tensor_dataset.h"
#include "tensor/io/scratch_file.h"

namespace {

// example begins
using namespace tenon;

absl::Status look_at_flowers(const std::string& path) {
  const data::CsvSchema schema{
      .columns = {{.name = "measures", .type = data::CsvType::kF32, .count = 2, .low = 0},
                  {.name = "species",
                   .type = data::CsvType::kCategory,
                   .categories = {"setosa", "virginica"}}},
      .header = true};
  absl::StatusOr<data::CsvTable> table = data::read_csv(path, schema);
  if (!table.ok()) return table.status();  // "iris.csv: row 3, column 2 (measures): expected …"

  Tensor measures = table->tensor("measures");  // f32 [N,2]
  Tensor species = table->tensor("species");    // i64 [N]: 0 for setosa, 1 for virginica
  std::string report = data::report_table(measures, species, {.name = "iris"});

  data::NoisyLabels noisy = data::shuffle_labels(species, {.share = 0.4, .seed = 1});
  data::TensorDataset examples(measures, noisy.labels);
  return examples.size() == table->rows() ? absl::OkStatus() : absl::InternalError(report);
}
// example ends

TEST(Readme, ItsExampleRuns) {
  const ScratchFolder folder;
  const std::string path =
      folder.put("iris.csv", "length,width,species\n5.1,3.5,setosa\n5.9,3.0,\"virginica\"\n");
  EXPECT_TRUE(look_at_flowers(path).ok());
  EXPECT_EQ(look_at_flowers("no.csv").code(), absl::StatusCode::kNotFound);
}

TEST(Readme, ShowsThisExample) {
  data::expect_example_shown("data/csv/README.md", "data/csv/readme_test.cc");
}

}  // namespace
