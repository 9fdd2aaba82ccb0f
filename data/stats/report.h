// What is in a data set, in a few lines of text, to be looked at before it is trained on.
//
//   std::cout << report_images(mnist.train.images, mnist.train.labels, {.name = "MNIST train"});
//
//   MNIST train: 60,000 images [1,28,28] u8, 10 classes
//   class            count   share
//   0                5,923   9.87 %
//   …
//   channel           mean  stddev     min     max
//   0               0.1307  0.3081       0       1
#ifndef TENON_DATA_STATS_REPORT_H_
#define TENON_DATA_STATS_REPORT_H_

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::data {

struct ReportOptions {
  std::string name = "data";
  std::vector<std::string> class_names{};   ///< else 0, 1, …
  std::vector<std::string> column_names{};  ///< of a table's columns or an image's channels
};

/// images [N,C,H,W] u8 or f32, labels [N] i64: their number and shape, the count and share of each
/// class, each channel's mean, deviation, minimum and maximum (of u8 scaled to 0 … 1).
/// Throws ShapeError, DTypeError, ValueError for labels below 0.
std::string report_images(const Tensor& images, const Tensor& labels,
                          const ReportOptions& options = {});

/// columns [N,K] f32, labels [N] i64: the same for each column.
std::string report_table(const Tensor& columns, const Tensor& labels,
                         const ReportOptions& options = {});

/// Bytes, lines and words of a text; its tokens, how many of them differ and bytes per token.
std::string report_text(std::string_view text, std::span<const std::int32_t> tokens,
                        const ReportOptions& options = {});

}  // namespace tenon::data

#endif  // TENON_DATA_STATS_REPORT_H_
