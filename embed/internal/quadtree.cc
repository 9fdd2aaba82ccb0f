#include "embed/internal/quadtree.h"

#include <algorithm>
#include <array>

namespace tenon::embed::internal {
namespace {

// Below 2^-32 of the whole width points count as one.
constexpr int kDepth = 32;

struct Box {
  Point corner;
  double width;
};

Box bounding_square(std::span<const Point> points) {
  Point low = points[0], high = points[0];
  for (const Point& p : points) {
    low = {std::min(low.x, p.x), std::min(low.y, p.y)};
    high = {std::max(high.x, p.x), std::max(high.y, p.y)};
  }
  return {low, std::max(high.x - low.x, high.y - low.y)};
}

Point mean_of(std::span<const Point> points) {
  Point total;
  for (const Point& p : points) total += p;
  return (1 / static_cast<double>(points.size())) * total;
}

int quarter(const Point& p, const Point& middle) {
  return (p.x >= middle.x ? 1 : 0) + (p.y >= middle.y ? 2 : 0);
}

/// Sorts the points by quarter, keeping their order within each; returns the quarters' sizes.
std::array<std::size_t, 4> deal(std::span<Point> points, std::span<Point> scratch,
                                const Point& middle) {
  std::array<std::size_t, 4> sizes{}, at{};
  for (const Point& p : points) ++sizes[static_cast<std::size_t>(quarter(p, middle))];
  for (std::size_t q = 1; q < 4; ++q) at[q] = at[q - 1] + sizes[q - 1];
  for (const Point& p : points) scratch[at[static_cast<std::size_t>(quarter(p, middle))]++] = p;
  std::copy(scratch.begin(), scratch.begin() + std::ssize(points), points.begin());
  return sizes;
}

}  // namespace

Quadtree::Quadtree(std::span<const Point> points) {
  std::vector<Point> sorted(points.begin(), points.end()), scratch(points.size());
  cells_.reserve(2 * points.size());
  const Box box = bounding_square(points);
  build(sorted, scratch, box.corner, box.width, 0);
}

void Quadtree::build(std::span<Point> points, std::span<Point> scratch, Point corner, double width,
                     int depth) {
  const std::size_t cell = cells_.size();
  const bool leaf = points.size() == 1 || depth == kDepth || width == 0;
  cells_.push_back({.mean = mean_of(points),
                    .squared_width = leaf ? 0 : width * width,
                    .count = static_cast<double>(points.size()),
                    .next = 0});
  if (!leaf) {
    const double half = width / 2;
    const Point middle{corner.x + half, corner.y + half};
    std::size_t begin = 0;
    const auto sizes = deal(points, scratch, middle);
    for (std::size_t q = 0; q < 4; ++q) {
      if (sizes[q] == 0) continue;
      build(points.subspan(begin, sizes[q]), scratch,
            {q % 2 == 1 ? middle.x : corner.x, q >= 2 ? middle.y : corner.y}, half, depth + 1);
      begin += sizes[q];
    }
  }
  cells_[cell].next = static_cast<std::int32_t>(cells_.size());
}

Repulsion Quadtree::repulsion(const Point& at, double theta) const {
  const double squared_theta = theta * theta;
  Repulsion result{.sum = -1};  // less what the point does to itself: q = 1, no force
  for (std::size_t i = 0; i < cells_.size();) {
    const Cell& cell = cells_[i];
    const Point away = at - cell.mean;
    const double squared_distance = away.squared_norm();
    if (cell.squared_width > squared_theta * squared_distance) {
      ++i;
      continue;
    }
    const double q = 1 / (1 + squared_distance);
    result.sum += cell.count * q;
    result.force += (cell.count * q * q) * away;
    i = static_cast<std::size_t>(cell.next);
  }
  return result;
}

}  // namespace tenon::embed::internal
