// The 1,797 handwritten digits of UCI's "Optical Recognition of Handwritten Digits" test set
// (Alpaydin & Kaynak 1998), a real data set small enough to come with the code.
//
//   absl::StatusOr<LabeledImages> digits = load_digits("data/testdata/digits.csv.gz");
//   Tensor x = digits->images.to(DType::kF32) / 16.0;    // [1797,1,8,8]
#ifndef TENON_DATA_DIGITS_H_
#define TENON_DATA_DIGITS_H_

#include <string>

#include "absl/status/statusor.h"
#include "data/labeled_images.h"

namespace tenon::data {

/// Reads a CSV file, plain or gzipped, without header: per line the 64 pixels of an 8x8 image row
/// by row, integers from 0 (background) to 16, and the label 0..9. Lines may end with CR LF, and
/// the last with nothing. -> images [N,1,8,8] u8, labels [N]. Errors are those of read_csv
/// (data/csv/csv.h), which name the file, the row and the column.
absl::StatusOr<LabeledImages> load_digits(const std::string& path);

}  // namespace tenon::data

#endif  // TENON_DATA_DIGITS_H_
