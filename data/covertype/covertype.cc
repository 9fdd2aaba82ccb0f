#include "data/covertype/covertype.h"

#include <cmath>
#include <vector>

#include "data/csv/csv.h"
#include "data/split.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::data {
namespace {

constexpr std::int64_t kNumeric = kCovertypeFeatures.size();

CsvSchema schema() {
  return {
      .columns = {{.name = "numeric", .type = CsvType::kF32, .count = kNumeric},
                  {.name = "wilderness", .type = CsvType::kOneHot, .count = kCovertypeWildernesses},
                  {.name = "soil", .type = CsvType::kOneHot, .count = kCovertypeSoils},
                  {.name = "label", .type = CsvType::kI64, .low = 1, .high = 7}}};
}

Covertype rows_of(const Covertype& all, const std::vector<std::int64_t>& indices) {
  const Tensor rows = from_vector(indices);
  return {.numeric = index_select(all.numeric, 0, rows),
          .wilderness = index_select(all.wilderness, 0, rows),
          .soil = index_select(all.soil, 0, rows),
          .labels = index_select(all.labels, 0, rows)};
}

}  // namespace

absl::StatusOr<Covertype> load_covertype(const std::string& path) {
  auto table = read_csv(path, schema());
  if (!table.ok()) return table.status();
  return Covertype{.numeric = table->tensor("numeric"),
                   .wilderness = table->tensor("wilderness"),
                   .soil = table->tensor("soil"),
                   .labels = table->tensor("label") - 1};
}

CovertypeScale covertype_scale(const Tensor& numeric) {
  if (numeric.ndim() != 2 || numeric.size(1) != kNumeric || numeric.size(0) == 0) {
    throw ShapeError("[covertype_scale] expected numeric [N,10] with N above 0, got " +
                     to_string(numeric.shape()));
  }
  const std::vector<float> values = numeric.to_vector<float>();
  const auto rows = static_cast<double>(numeric.size(0));
  std::vector<double> sums(kNumeric);
  for (std::size_t i = 0; i < values.size(); ++i) sums[i % kNumeric] += values[i];
  std::vector<double> squares(kNumeric);
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double distance = values[i] - sums[i % kNumeric] / rows;
    squares[i % kNumeric] += distance * distance;
  }
  std::vector<float> mean(kNumeric);
  std::vector<float> stddev(kNumeric);
  for (std::size_t k = 0; k < mean.size(); ++k) {
    mean[k] = static_cast<float>(sums[k] / rows);
    stddev[k] = squares[k] > 0 ? static_cast<float>(std::sqrt(squares[k] / rows)) : 1.0f;
  }
  return {.mean = from_vector(mean), .stddev = from_vector(stddev)};
}

CovertypeSplit split_covertype(const Covertype& all, const CovertypeSplitOptions& options) {
  if (!(options.test_fraction > 0 && options.test_fraction < 1)) {
    throw ValueError("[split_covertype] expected a test fraction in (0, 1), got " +
                     std::to_string(options.test_fraction));
  }
  const auto parts = stratified_split(
      all.labels, {1 - options.test_fraction, options.test_fraction}, options.seed);
  CovertypeSplit split{
      .train = rows_of(all, parts[0]), .test = rows_of(all, parts[1]), .scale = {}};
  split.scale = covertype_scale(split.train.numeric);
  for (Covertype* part : {&split.train, &split.test}) {
    part->numeric = (part->numeric - split.scale.mean) / split.scale.stddev;
  }
  return split;
}

TensorDataset covertype_dataset(const Covertype& rows) {
  const std::vector<Tensor> columns = {rows.numeric, rows.wilderness.to(DType::kF32).unsqueeze(1),
                                       rows.soil.to(DType::kF32).unsqueeze(1)};
  return {cat(columns, 1), rows.labels};
}

}  // namespace tenon::data
