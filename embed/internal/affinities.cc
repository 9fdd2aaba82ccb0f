#include "embed/internal/affinities.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <tuple>

#include "tensor/cpu/parallel.h"
#include "tensor/ops.h"

namespace tenon::embed::internal {
namespace {

// Rows whose distances to all points are in memory at once.
constexpr std::int64_t kBlock = 256;

/// Puts the k nearest of `row`'s distances into `out` at point i.
void pick_nearest(std::span<const double> row, std::int64_t i, Neighbors& out) {
  std::vector<std::int32_t> order(row.size());
  std::iota(order.begin(), order.end(), 0);
  order.erase(order.begin() + i);
  const auto nearer = [&](std::int32_t a, std::int32_t b) {
    const double da = row[static_cast<std::size_t>(a)], db = row[static_cast<std::size_t>(b)];
    return da != db ? da < db : a < b;
  };
  std::nth_element(order.begin(), order.begin() + (out.k - 1), order.end(), nearer);
  std::sort(order.begin(), order.begin() + out.k, nearer);
  for (std::int64_t j = 0; j < out.k; ++j) {
    const auto at = static_cast<std::size_t>(i * out.k + j);
    out.index[at] = order[static_cast<std::size_t>(j)];
    out.squared_distance[at] = row[static_cast<std::size_t>(out.index[at])];
  }
}

/// exp(-beta (d - nearest)) of each into `weights`; returns the entropy of their distribution in
/// nats: log(sum) + beta mean(d - nearest).
double entropy_at(double beta, std::span<const double> distances, double nearest,
                  std::vector<double>& weights) {
  double total = 0, moment = 0;
  for (std::size_t j = 0; j < distances.size(); ++j) {
    const double d = distances[j] - nearest;
    weights[j] = std::exp(-beta * d);
    total += weights[j];
    moment += d * weights[j];
  }
  return std::log(total) + beta * moment / total;
}

struct Entry {
  std::int32_t row;
  std::int32_t column;
  double p;
};

/// Both triangles of the joint probabilities, a pair of mutual neighbours twice.
std::vector<Entry> all_entries(const Neighbors& neighbors, double perplexity) {
  const std::int64_t k = neighbors.k, n = std::ssize(neighbors.index) / k;
  std::vector<Entry> entries(static_cast<std::size_t>(2 * n * k));
  cpu::parallel_items(n, 100 * k, [&](std::int64_t first, std::int64_t last) {
    for (std::int64_t i = first; i < last; ++i) {
      const auto at = static_cast<std::size_t>(i * k);
      const std::vector<double> p = conditional_probabilities(
          {neighbors.squared_distance.data() + at, static_cast<std::size_t>(k)}, perplexity);
      for (std::size_t j = 0; j < p.size(); ++j) {
        const std::int32_t other = neighbors.index[at + j];
        const double half = p[j] / (2 * static_cast<double>(n));
        entries[2 * (at + j)] = {static_cast<std::int32_t>(i), other, half};
        entries[2 * (at + j) + 1] = {other, static_cast<std::int32_t>(i), half};
      }
    }
  });
  return entries;
}

}  // namespace

Neighbors nearest_neighbors(const Tensor& x, std::int64_t k) {
  const std::int64_t n = x.size(0);
  const Tensor norms = sum(square(x), {1});
  Neighbors result{.k = k,
                   .index = std::vector<std::int32_t>(static_cast<std::size_t>(n * k)),
                   .squared_distance = std::vector<double>(static_cast<std::size_t>(n * k))};
  for (std::int64_t first = 0; first < n; first += kBlock) {
    const Tensor rows = x.slice(0, first, first + kBlock);
    const Tensor products = matmul(rows, x.t());
    const Tensor distances =
        maximum(norms.slice(0, first, first + kBlock).unsqueeze(1) + norms - 2 * products, 0);
    const double* data = distances.data<double>();
    cpu::parallel_items(rows.size(0), 8 * n, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        pick_nearest({data + i * n, static_cast<std::size_t>(n)}, first + i, result);
      }
    });
  }
  return result;
}

std::vector<double> conditional_probabilities(std::span<const double> squared_distances,
                                              double perplexity) {
  constexpr int kHalvings = 200;  // beta stays finite even where too many points are equally near
  constexpr double kTolerance = 1e-10;  // nats
  const double nearest = *std::ranges::min_element(squared_distances);
  const double target = std::log(perplexity);
  std::vector<double> weights(squared_distances.size());
  double low = 0, high = std::numeric_limits<double>::infinity(), beta = 1;
  for (int i = 0; i < kHalvings; ++i) {
    const double entropy = entropy_at(beta, squared_distances, nearest, weights);
    if (std::fabs(entropy - target) < kTolerance) break;
    (entropy > target ? low : high) = beta;
    beta = std::isinf(high) ? 2 * beta : (low + high) / 2;
  }
  const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
  for (double& weight : weights) weight /= total;
  return weights;
}

Affinities joint_probabilities(const Neighbors& neighbors, double perplexity) {
  std::vector<Entry> entries = all_entries(neighbors, perplexity);
  std::ranges::stable_sort(entries, {}, [](const Entry& e) { return std::tie(e.row, e.column); });
  const std::int64_t n = std::ssize(neighbors.index) / neighbors.k;
  Affinities result{.begin = std::vector<std::int64_t>(static_cast<std::size_t>(n + 1))};
  std::int32_t row = -1;
  for (const Entry& e : entries) {
    if (row == e.row && result.column.back() == e.column) {
      result.p.back() += e.p;
      continue;
    }
    row = e.row;
    result.column.push_back(e.column);
    result.p.push_back(e.p);
    result.begin[static_cast<std::size_t>(e.row) + 1] = std::ssize(result.p);
  }
  return result;
}

}  // namespace tenon::embed::internal
