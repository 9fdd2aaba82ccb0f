// Printing: values as NumPy lays them out, with equal widths in a column.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "tensor/tensor.h"

namespace tenon {
namespace {

constexpr std::int64_t kAbridgeAbove = 1000;  // elements
constexpr std::int64_t kEdge = 3;             // elements shown at each end where abridged

/// Four decimals, as PyTorch shows, or scientific where the magnitudes need it.
std::string format_real(double value, bool scientific) {
  if (!std::isfinite(value)) return std::isnan(value) ? "nan" : value > 0 ? "inf" : "-inf";
  char text[32];
  std::snprintf(text, sizeof text, scientific ? "%.4e" : "%.4f", value);
  return text;
}

bool needs_scientific(const std::vector<double>& values) {
  double smallest = INFINITY, largest = 0;
  for (const double value : values) {
    const double magnitude = std::fabs(value);
    if (magnitude == 0 || !std::isfinite(magnitude)) continue;
    smallest = std::min(smallest, magnitude);
    largest = std::max(largest, magnitude);
  }
  return largest >= 1e8 || (largest > 0 && smallest < 1e-4);
}

class Printer {
 public:
  Printer(const Tensor& x, bool abridge) : x_(x), abridge_(abridge) {
    collect(0, x.offset());
    format();
  }

  std::string text() {
    print(0, x_.offset());
    return std::move(out_);
  }

 private:
  /// Indices of a dimension that are shown; -1 stands for the gap.
  std::vector<std::int64_t> shown(int dim) const {
    const std::int64_t size = x_.shape()[dim];
    std::vector<std::int64_t> indices;
    for (std::int64_t i = 0; i < size; ++i) {
      if (abridge_ && size > 2 * kEdge && i == kEdge) {
        indices.push_back(-1);
        i = size - kEdge;
      }
      indices.push_back(i);
    }
    return indices;
  }

  void collect(int dim, std::int64_t at) {
    if (dim == x_.ndim()) {
      const Tensor element(x_.storage(), {}, {}, at, x_.dtype());
      if (is_floating(x_.dtype())) {
        values_.push_back(element.item<double>());
      } else {
        texts_.push_back(format_integral(element.item<std::int64_t>()));
      }
      return;
    }
    for (const std::int64_t i : shown(dim)) {
      if (i >= 0) collect(dim + 1, at + i * x_.strides()[dim]);
    }
  }

  void format() {
    const bool scientific = needs_scientific(values_);
    for (const double value : values_) texts_.push_back(format_real(value, scientific));
    for (const std::string& text : texts_) width_ = std::max(width_, text.size());
  }

  std::string format_integral(std::int64_t value) const {
    if (x_.dtype() == DType::kBool) return value != 0 ? "true" : "false";
    return std::to_string(value);
  }

  void print(int dim, std::int64_t at) {
    if (dim == x_.ndim()) {
      const std::string& text = texts_[next_++];
      if (dim > 0) out_.append(width_ - text.size(), ' ');
      out_ += text;
      return;
    }
    const bool innermost = dim + 1 == x_.ndim();
    const std::string separator =
        innermost ? ", "
                  : "," + std::string(static_cast<std::size_t>(x_.ndim() - dim - 1), '\n') +
                        std::string(static_cast<std::size_t>(dim) + 1, ' ');
    out_ += '[';
    bool first = true;
    for (const std::int64_t i : shown(dim)) {
      if (!first) out_ += separator;
      first = false;
      if (i < 0) {
        out_ += "...";
      } else {
        print(dim + 1, at + i * x_.strides()[dim]);
      }
    }
    out_ += ']';
  }

  const Tensor& x_;
  bool abridge_;
  std::vector<double> values_;  // of floating tensors: all are needed to choose a format
  std::vector<std::string> texts_;
  std::size_t width_ = 0;
  std::size_t next_ = 0;
  std::string out_;
};

}  // namespace

std::string to_string(const Tensor& tensor) {
  if (!tensor.defined()) return "undefined tensor";
  const Tensor host = tensor.to(kCpu);
  std::string text = Printer(host, tensor.numel() > kAbridgeAbove).text();
  text += "  " + std::string(name(tensor.dtype())) + " " + to_string(tensor.shape());
  if (!tensor.device().is_cpu()) text += " on " + to_string(tensor.device());
  return text;
}

}  // namespace tenon
