#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <span>
#include <string>

#include "tensor/error.h"
#include "tensor/random.h"

namespace tenon::data {
namespace {

using Parts = std::vector<std::vector<std::int64_t>>;

// Keeps these random numbers apart from those of other users of the same seed: "split" in ASCII.
constexpr std::uint64_t kStream = 0x73706c6974;

void check_fractions(std::span<const double> fractions, const char* op) {
  double total = 0;
  for (const double fraction : fractions) {
    if (!(fraction > 0 && fraction <= 1)) {
      throw ValueError("[" + std::string(op) + "] expected fractions in (0, 1], got " +
                       std::to_string(fraction));
    }
    total += fraction;
  }
  if (std::abs(total - 1) > 1e-6) {
    throw ValueError("[" + std::string(op) +
                     "] expected fractions that add up to 1, got a sum of " +
                     std::to_string(total));
  }
}

// Deals `indices` in random order to the parts.
void deal(std::span<const std::int64_t> indices, std::span<const double> fractions,
          Generator& generator, Parts& parts) {
  const auto size = static_cast<std::int64_t>(indices.size());
  const std::vector<std::int64_t> order = randperm(size, generator).to_vector<std::int64_t>();
  double total = 0;
  std::int64_t begin = 0;
  for (std::size_t k = 0; k < fractions.size(); ++k) {
    total += fractions[k];
    const bool last = k + 1 == fractions.size();
    const std::int64_t rounded = std::llround(static_cast<double>(size) * total);
    const std::int64_t end = last ? size : std::min(size, rounded);
    for (std::int64_t i = begin; i < end; ++i) {
      parts[k].push_back(indices[static_cast<std::size_t>(order[static_cast<std::size_t>(i)])]);
    }
    begin = end;
  }
}

void sort_each(Parts& parts) {
  for (auto& part : parts) std::sort(part.begin(), part.end());
}

}  // namespace

Parts random_split(std::int64_t size, std::initializer_list<double> fractions, std::uint64_t seed) {
  check_fractions(fractions, "random_split");
  if (size < 0) {
    throw ValueError("[random_split] expected a size from 0, got " + std::to_string(size));
  }
  std::vector<std::int64_t> all(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = static_cast<std::int64_t>(i);
  Parts parts(fractions.size());
  Generator generator(seed ^ kStream);
  deal(all, fractions, generator, parts);
  sort_each(parts);
  return parts;
}

Parts stratified_split(const Tensor& labels, std::initializer_list<double> fractions,
                       std::uint64_t seed) {
  check_fractions(fractions, "stratified_split");
  if (labels.ndim() != 1) {
    throw ShapeError("[stratified_split] expected labels [N], got " + to_string(labels.shape()));
  }
  const std::vector<std::int64_t> values = labels.to_vector<std::int64_t>();
  std::map<std::int64_t, std::vector<std::int64_t>> by_class;
  for (std::size_t i = 0; i < values.size(); ++i) {
    by_class[values[i]].push_back(static_cast<std::int64_t>(i));
  }
  Parts parts(fractions.size());
  Generator generator(seed ^ kStream);
  for (const auto& [label, members] : by_class) deal(members, fractions, generator, parts);
  sort_each(parts);
  return parts;
}

}  // namespace tenon::data
