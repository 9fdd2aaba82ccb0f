#include "data/stats/labels.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::data {
namespace {

// Keeps these random numbers apart from those of other users of the same seed: "noise" in ASCII.
constexpr std::uint64_t kStream = 0x6e6f697365;
constexpr std::int64_t kMaxClasses = 1 << 24;

std::vector<std::int64_t> values_of(const Tensor& labels, const char* op) {
  if (labels.ndim() != 1) {
    throw ShapeError("[" + std::string(op) + "] expected labels [N], got " +
                     to_string(labels.shape()));
  }
  return labels.to_vector<std::int64_t>();
}

}  // namespace

std::vector<std::int64_t> class_counts(const Tensor& labels, std::int64_t classes) {
  const std::vector<std::int64_t> values = values_of(labels, "class_counts");
  if (classes == 0 && !values.empty()) {
    classes = std::min(*std::max_element(values.begin(), values.end()), kMaxClasses - 1) + 1;
  }
  std::vector<std::int64_t> counts(static_cast<std::size_t>(std::max<std::int64_t>(classes, 0)));
  for (const std::int64_t value : values) {
    if (value < 0 || value >= classes) {
      throw ValueError("[class_counts] expected labels in [0, " + std::to_string(classes) +
                       "), got " + std::to_string(value));
    }
    ++counts[static_cast<std::size_t>(value)];
  }
  return counts;
}

NoisyLabels shuffle_labels(const Tensor& labels, const LabelNoiseOptions& options) {
  std::vector<std::int64_t> values = values_of(labels, "shuffle_labels");
  if (!(options.share >= 0 && options.share <= 1)) {
    throw ValueError("[shuffle_labels] expected a share in [0, 1], got " +
                     std::to_string(options.share));
  }
  const auto size = static_cast<std::int64_t>(values.size());
  const auto count = std::llround(options.share * static_cast<double>(size));
  Generator generator(options.seed ^ kStream);
  // The order in which the examples are drawn is also the order that their labels are dealt in.
  std::vector<std::int64_t> drawn = randperm(size, generator).to_vector<std::int64_t>();
  drawn.resize(static_cast<std::size_t>(count));
  std::vector<std::int64_t> sorted = drawn;
  std::sort(sorted.begin(), sorted.end());
  const std::vector<std::int64_t> before = values;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    values[static_cast<std::size_t>(sorted[i])] = before[static_cast<std::size_t>(drawn[i])];
  }
  return {.labels = from_vector(values), .indices = sorted};
}

}  // namespace tenon::data
