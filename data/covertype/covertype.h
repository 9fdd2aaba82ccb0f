// UCI Covertype: 581,012 patches of forest, 30 x 30 m each, and the trees that cover them
// (Blackard & Dean 1999, "Comparative accuracies of artificial neural networks and discriminant
// analysis in predicting forest cover types from cartographic variables").
//
//   absl::StatusOr<Covertype> all = load_covertype("covertype/covtype.data.gz");
//   if (!all.ok()) return all.status();
//   CovertypeSplit split = split_covertype(*all, {.test_fraction = 0.15, .seed = 1});
//   TensorDataset train = covertype_dataset(split.train);
#ifndef TENON_DATA_COVERTYPE_COVERTYPE_H_
#define TENON_DATA_COVERTYPE_COVERTYPE_H_

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "data/tensor_dataset.h"
#include "tensor/tensor.h"

namespace tenon::data {

inline constexpr int kCovertypeWildernesses = 4;
inline constexpr int kCovertypeSoils = 40;

/// The columns of Covertype::numeric: metres, degrees, and for the shade 0 (dark) to 255.
inline constexpr std::array<std::string_view, 10> kCovertypeFeatures = {
    "elevation",
    "aspect",
    "slope",
    "horizontal distance to hydrology",
    "vertical distance to hydrology",
    "horizontal distance to roadways",
    "hillshade at 9am",
    "hillshade at noon",
    "hillshade at 3pm",
    "horizontal distance to fire points"};

/// Names of the labels 0 … 6.
inline constexpr std::array<std::string_view, 7> kCovertypeLabels = {
    "spruce/fir", "lodgepole pine", "ponderosa pine", "cottonwood/willow",
    "aspen",      "douglas-fir",    "krummholz"};

struct Covertype {
  Tensor numeric;     ///< [N,10] f32, as in the file
  Tensor wilderness;  ///< [N] i64: wilderness area, 0 … 3
  Tensor soil;        ///< [N] i64: soil type, 0 … 39
  Tensor labels;      ///< [N] i64: cover type, 0 … 6
};

/// Reads `covtype.data` as UCI publishes it, plain or gzipped: per row 10 numbers, 4 and 40
/// indicators, which become a category each, and the label 1 … 7, which becomes 0 … 6. Errors name
/// the file, the row and the column: those of read_csv, among them indicators of which none or two
/// are set, a label out of range.
absl::StatusOr<Covertype> load_covertype(const std::string& path);

/// Mean and (population) standard deviation of each numeric column, both [10] f32.
struct CovertypeScale {
  Tensor mean;
  Tensor stddev;  ///< 1 where a column is constant
};

struct CovertypeSplit {
  Covertype train;
  Covertype test;
  CovertypeScale scale;  ///< of the training rows as they are in the file
};

struct CovertypeSplitOptions {
  double test_fraction = 0.15;
  std::uint64_t seed = 0;
};

/// Splits each class in the given proportion and scales the numeric columns of both parts by the
/// training rows' mean and deviation: (x - mean) / stddev. Throws ValueError for a fraction outside
/// (0, 1).
CovertypeSplit split_covertype(const Covertype& all, const CovertypeSplitOptions& options = {});

/// The mean and deviation of numeric [N,10], summed in f64. Throws ShapeError where N is 0.
CovertypeScale covertype_scale(const Tensor& numeric);

/// Examples for a loader. Inputs [B,12] f32: the numeric columns, then wilderness and soil as
/// numbers, which are whole: `inputs.select(1, 11).to(DType::kI64)` are the soils again. Targets
/// [B].
TensorDataset covertype_dataset(const Covertype& rows);

}  // namespace tenon::data

#endif  // TENON_DATA_COVERTYPE_COVERTYPE_H_
