#include "embed/internal/tsne_gradient.h"

#include <cmath>
#include <vector>

#include "tensor/cpu/parallel.h"

namespace tenon::embed::internal {
namespace {

// About what a walk through the tree costs, in simple operations.
constexpr std::int64_t kWalk = 5000;

/// sum over i's neighbours of p_ij (y_i - y_j) / (1 + |y_i - y_j|^2).
Point attraction(const Affinities& p, std::span<const Point> y, std::size_t i) {
  Point result;
  const auto end = static_cast<std::size_t>(p.begin[i + 1]);
  for (auto at = static_cast<std::size_t>(p.begin[i]); at < end; ++at) {
    const Point away = y[i] - y[static_cast<std::size_t>(p.column[at])];
    result += (p.p[at] / (1 + away.squared_norm())) * away;
  }
  return result;
}

}  // namespace

double tsne_gradient(const Affinities& p, std::span<const Point> y, const TsneTerms& terms,
                     std::span<Point> gradient) {
  const Quadtree tree(y);
  std::vector<Repulsion> repulsions(y.size());
  cpu::parallel_items(std::ssize(y), kWalk, [&](std::int64_t begin, std::int64_t end) {
    for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
      repulsions[i] = tree.repulsion(y[i], terms.theta);
      gradient[i] = (4 * terms.exaggeration) * attraction(p, y, i);
    }
  });
  double z = 0;  // added up in one order, whatever thread made which part
  for (const Repulsion& r : repulsions) z += r.sum;
  for (std::size_t i = 0; i < y.size(); ++i) gradient[i] -= (4 / z) * repulsions[i].force;
  return z;
}

double divergence(const Affinities& p, std::span<const Point> y, double z) {
  double total = 0;
  for (std::size_t i = 0; i < y.size(); ++i) {
    const auto end = static_cast<std::size_t>(p.begin[i + 1]);
    for (auto at = static_cast<std::size_t>(p.begin[i]); at < end; ++at) {
      if (p.p[at] == 0) continue;
      const double d = (y[i] - y[static_cast<std::size_t>(p.column[at])]).squared_norm();
      total += p.p[at] * std::log(p.p[at] * z * (1 + d));
    }
  }
  return total;
}

}  // namespace tenon::embed::internal
