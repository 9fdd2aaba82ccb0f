#include "data/stats/report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <limits>
#include <unordered_set>

#include "data/stats/labels.h"
#include "tensor/error.h"

namespace tenon::data {
namespace {

template <class... Values>
std::string formatted(const char* format, Values... values) {
  std::array<char, 256> line{};
  std::snprintf(line.data(), line.size(), format, values...);
  return line.data();
}

// 60000 -> "60,000"
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number);
  for (int at = static_cast<int>(digits.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3) {
    digits.insert(static_cast<std::size_t>(at), ",");
  }
  return digits;
}

std::string name_at(const std::vector<std::string>& names, std::size_t index) {
  return (index < names.size() ? names[index] : std::to_string(index)).substr(0, 40);
}

int width_of(const std::vector<std::string>& names, std::size_t count, std::string_view title) {
  std::size_t width = title.size();
  for (std::size_t i = 0; i < count; ++i) width = std::max(width, name_at(names, i).size());
  return static_cast<int>(std::max<std::size_t>(width, 10));
}

std::string class_lines(const std::vector<std::int64_t>& counts,
                        const std::vector<std::string>& names, std::int64_t total) {
  const int width = width_of(names, counts.size(), "class");
  std::string text = formatted("%-*s %11s %9s\n", width, "class", "count", "share");
  for (std::size_t i = 0; i < counts.size(); ++i) {
    const double share = 100 * static_cast<double>(counts[i]) / static_cast<double>(total);
    text += formatted("%-*s %11s %7.2f %%\n", width, name_at(names, i).c_str(),
                      grouped(counts[i]).c_str(), share);
  }
  return text;
}

// Mean and deviation in one pass (Welford 1962), steady for means far from 0.
struct Moments {
  double count = 0;
  double mean = 0;
  double squares = 0;
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void add(double value) {
    ++count;
    const double distance = value - mean;
    mean += distance / count;
    squares += distance * (value - mean);
    low = std::min(low, value);
    high = std::max(high, value);
  }
};

std::string moment_lines(const std::vector<Moments>& moments, const std::vector<std::string>& names,
                         const char* title) {
  const int width = width_of(names, moments.size(), title);
  std::string text =
      formatted("%-*s %11s %11s %11s %11s\n", width, title, "mean", "stddev", "min", "max");
  for (std::size_t i = 0; i < moments.size(); ++i) {
    const Moments& m = moments[i];
    text += formatted("%-*s %11.4g %11.4g %11.4g %11.4g\n", width, name_at(names, i).c_str(),
                      m.mean, std::sqrt(m.squares / m.count), m.low, m.high);
  }
  return text;
}

// Of values [N,K,P] in row-major order, those of each k.
std::vector<Moments> moments_of(const Tensor& values, std::int64_t columns, std::int64_t run) {
  const bool pixels = values.dtype() == DType::kU8;
  const std::vector<float> flat = values.to(DType::kF32).to_vector<float>();
  std::vector<Moments> moments(static_cast<std::size_t>(columns));
  std::size_t at = 0;
  while (at < flat.size()) {
    for (Moments& m : moments) {
      for (std::int64_t i = 0; i < run; ++i) m.add(pixels ? flat[at++] / 255.0 : flat[at++]);
    }
  }
  return moments;
}

void check(const Tensor& values, const Tensor& labels, int dims, const char* op,
           const char* expected) {
  const bool fits = values.defined() && labels.defined() && values.ndim() == dims &&
                    labels.ndim() == 1 && labels.size(0) == values.size(0) && values.numel() > 0;
  if (fits) return;
  throw ShapeError("[" + std::string(op) + "] expected " + expected + " and labels [N], got " +
                   (values.defined() ? to_string(values.shape()) : "an undefined tensor") +
                   " and " +
                   (labels.defined() ? to_string(labels.shape()) : "an undefined tensor"));
}

}  // namespace

std::string report_images(const Tensor& images, const Tensor& labels,
                          const ReportOptions& options) {
  check(images, labels, 4, "report_images", "images [N,C,H,W] that are not empty");
  const auto counts = class_counts(labels, static_cast<std::int64_t>(options.class_names.size()));
  const Shape one{images.size(1), images.size(2), images.size(3)};
  return options.name + ": " + grouped(images.size(0)) + " images " + to_string(one) + " " +
         std::string(name(images.dtype())) + ", " + std::to_string(counts.size()) + " classes\n" +
         class_lines(counts, options.class_names, images.size(0)) +
         moment_lines(moments_of(images, images.size(1), images.size(2) * images.size(3)),
                      options.column_names, "channel");
}

std::string report_table(const Tensor& columns, const Tensor& labels,
                         const ReportOptions& options) {
  check(columns, labels, 2, "report_table", "columns [N,K] that are not empty");
  const auto counts = class_counts(labels, static_cast<std::int64_t>(options.class_names.size()));
  return options.name + ": " + grouped(columns.size(0)) + " rows of " +
         std::to_string(columns.size(1)) + " columns, " + std::to_string(counts.size()) +
         " classes\n" + class_lines(counts, options.class_names, columns.size(0)) +
         moment_lines(moments_of(columns, columns.size(1), 1), options.column_names, "column");
}

std::string report_text(std::string_view text, std::span<const std::int32_t> tokens,
                        const ReportOptions& options) {
  std::int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\r' || c == '\t';
    words += !blank && !inside;
    inside = !blank;
  }
  const auto lines = std::count(text.begin(), text.end(), '\n');
  const std::unordered_set<std::int32_t> distinct(tokens.begin(), tokens.end());
  const auto count = static_cast<std::int64_t>(tokens.size());
  std::string report = options.name + ": " + grouped(static_cast<std::int64_t>(text.size())) +
                       " bytes, " + grouped(lines) + " lines, " + grouped(words) + " words\n" +
                       grouped(count) + " tokens, " +
                       grouped(static_cast<std::int64_t>(distinct.size())) + " of them different";
  if (count == 0) return report + "\n";
  return report + formatted(", %.2f bytes each\n",
                            static_cast<double>(text.size()) / static_cast<double>(count));
}

}  // namespace tenon::data
