// The parts of t-SNE against what their definitions say, computed slowly.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "embed/internal/affinities.h"
#include "embed/internal/quadtree.h"
#include "embed/internal/tsne_gradient.h"
#include "tensor/ops.h"
#include "tensor/random.h"

namespace tenon::embed::internal {
namespace {

Tensor cloud(std::int64_t n, std::int64_t d) {
  Generator random(7);
  return randn({n, d}, random, {.dtype = DType::kF64});
}

std::vector<Point> plane(std::size_t n, double width) {
  const std::vector<double> values = cloud(static_cast<std::int64_t>(n), 2).to_vector<double>();
  std::vector<Point> points;
  for (std::size_t i = 0; i < n; ++i) {
    points.push_back({width * values[2 * i], width * values[2 * i + 1]});
  }
  return points;
}

// Dense joint probabilities, from the definition.
std::vector<std::vector<double>> dense(const Affinities& p) {
  const auto n = static_cast<std::size_t>(p.size());
  std::vector<std::vector<double>> result(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    for (auto at = static_cast<std::size_t>(p.begin[i]);
         at < static_cast<std::size_t>(p.begin[i + 1]); ++at) {
      result[i][static_cast<std::size_t>(p.column[at])] = p.p[at];
    }
  }
  return result;
}

Repulsion repulsion_reference(std::span<const Point> points, std::size_t i) {
  Repulsion result;
  for (std::size_t j = 0; j < points.size(); ++j) {
    if (j == i) continue;
    const Point away = points[i] - points[j];
    const double q = 1 / (1 + away.squared_norm());
    result.sum += q;
    result.force += q * q * away;
  }
  return result;
}

// KL(P || Q) over all pairs.
double divergence_reference(const std::vector<std::vector<double>>& p,
                            std::span<const Point> points) {
  double z = 0, total = 0;
  for (std::size_t i = 0; i < points.size(); ++i) z += repulsion_reference(points, i).sum;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < points.size(); ++j) {
      if (i == j || p[i][j] == 0) continue;
      const double q = 1 / (1 + (points[i] - points[j]).squared_norm()) / z;
      total += p[i][j] * std::log(p[i][j] / q);
    }
  }
  return total;
}

Affinities some_affinities(std::int64_t n) {
  return joint_probabilities(nearest_neighbors(cloud(n, 5), 15), 5);
}

TEST(NearestNeighborsTest, AreThoseOfAFullSort) {
  const std::int64_t n = 300, k = 9;  // more than a block of rows
  const Tensor x = cloud(n, 4);
  const Neighbors found = nearest_neighbors(x, k);
  for (std::int64_t i = 0; i < n; ++i) {
    const Tensor distances = sum(square(x - x.select(0, i)), {1});
    const Ordered sorted = sort(distances);
    for (std::int64_t j = 0; j < k; ++j) {
      const auto at = static_cast<std::size_t>(i * k + j);
      EXPECT_EQ(found.index[at], sorted.indices.item<std::int64_t>({j + 1}));  // 0 is i itself
      EXPECT_NEAR(found.squared_distance[at], sorted.values.item<double>({j + 1}), 1e-12);
    }
  }
}

TEST(ConditionalProbabilitiesTest, HaveThePerplexity) {
  for (const double scale : {1e-9, 1.0, 1e12}) {
    std::vector<double> distances;
    for (int j = 0; j < 90; ++j) distances.push_back(scale * (1 + j * j));
    const std::vector<double> p = conditional_probabilities(distances, 30);
    double total = 0, bits = 0;
    for (std::size_t j = 0; j < p.size(); ++j) {
      total += p[j];
      if (p[j] > 0) bits -= p[j] * std::log2(p[j]);
      EXPECT_LE(p[j], p[j == 0 ? 0 : j - 1]);
    }
    EXPECT_NEAR(total, 1, 1e-12);
    EXPECT_NEAR(std::exp2(bits), 30, 1e-6) << scale;
  }
}

TEST(ConditionalProbabilitiesTest, EqualDistancesShareEqually) {
  for (const double p : conditional_probabilities(std::vector<double>(10, 4.0), 3)) {
    EXPECT_NEAR(p, 0.1, 1e-12);
  }
}

TEST(JointProbabilitiesTest, AreTheMeanOfBothDirections) {
  const std::int64_t n = 60, k = 12;
  const double perplexity = 4;
  const Neighbors neighbors = nearest_neighbors(cloud(n, 3), k);
  const auto joint = dense(joint_probabilities(neighbors, perplexity));
  std::vector<std::vector<double>> conditional(n, std::vector<double>(n));
  for (std::size_t i = 0; i < n; ++i) {
    const std::vector<double> p =
        conditional_probabilities({neighbors.squared_distance.data() + i * k, k}, perplexity);
    for (std::size_t j = 0; j < k; ++j) {
      conditional[i][static_cast<std::size_t>(neighbors.index[i * k + j])] = p[j];
    }
  }
  double total = 0;
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) {
      EXPECT_NEAR(joint[i][j], (conditional[i][j] + conditional[j][i]) / (2.0 * n), 1e-15);
      total += joint[i][j];
    }
  }
  EXPECT_NEAR(total, 1, 1e-12);
}

TEST(QuadtreeTest, IsExactAtThetaZero) {
  const std::vector<Point> points = plane(500, 3);
  const Quadtree tree(points);
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Repulsion expected = repulsion_reference(points, i);
    const Repulsion got = tree.repulsion(points[i], 0);
    EXPECT_NEAR(got.sum, expected.sum, 1e-10);
    EXPECT_NEAR(got.force.x, expected.force.x, 1e-10);
    EXPECT_NEAR(got.force.y, expected.force.y, 1e-10);
  }
}

TEST(QuadtreeTest, ComesNearAtThetaOneHalf) {
  const std::vector<Point> points = plane(2000, 20);
  const Quadtree tree(points);
  double off = 0, whole = 0, sum = 0, expected_sum = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const Repulsion expected = repulsion_reference(points, i);
    const Repulsion got = tree.repulsion(points[i], 0.5);
    off += (got.force - expected.force).squared_norm();
    whole += expected.force.squared_norm();
    sum += got.sum;
    expected_sum += expected.sum;
  }
  EXPECT_LT(std::sqrt(off / whole), 0.04);
  EXPECT_NEAR(sum / expected_sum, 1, 0.02);
}

TEST(QuadtreeTest, PointsInOnePlace) {
  std::vector<Point> points(50, Point{1, 2});
  EXPECT_NEAR(Quadtree(points).repulsion({1, 2}, 0.5).sum, 49, 1e-9);
  points.push_back({4, 6});  // 5 away: q = 1/26
  const Quadtree tree(points);
  const Repulsion r = tree.repulsion({4, 6}, 0);
  EXPECT_NEAR(r.sum, 50.0 / 26, 1e-9);
  EXPECT_NEAR(r.force.x, 50.0 * 3 / (26 * 26), 1e-9);
  EXPECT_NEAR(tree.repulsion({1, 2}, 0.7).sum, 49 + 1.0 / 26, 1e-9);
}

TEST(TsneGradientTest, IsThatOfTheDivergence) {
  const Affinities p = some_affinities(40);
  const auto all = dense(p);
  std::vector<Point> points = plane(40, 2), gradient(40);
  const double z = tsne_gradient(p, points, {.theta = 0}, gradient);
  EXPECT_NEAR(divergence(p, points, z), divergence_reference(all, points), 1e-12);
  constexpr double kStep = 1e-5;
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (double Point::*coordinate : {&Point::x, &Point::y}) {
      const double here = points[i].*coordinate;
      points[i].*coordinate = here + kStep;
      const double above = divergence_reference(all, points);
      points[i].*coordinate = here - kStep;
      const double below = divergence_reference(all, points);
      points[i].*coordinate = here;
      EXPECT_NEAR(gradient[i].*coordinate, (above - below) / (2 * kStep), 1e-8);
    }
  }
}

TEST(TsneGradientTest, ApproximationKeepsTheDirection) {
  const Affinities p = some_affinities(1000);
  const std::vector<Point> points = plane(1000, 10);
  std::vector<Point> exact(1000), fast(1000);
  const double z = tsne_gradient(p, points, {.theta = 0}, exact);
  EXPECT_NEAR(tsne_gradient(p, points, {.theta = 0.5}, fast) / z, 1, 0.02);
  double off = 0, whole = 0;
  for (std::size_t i = 0; i < points.size(); ++i) {
    off += (fast[i] - exact[i]).squared_norm();
    whole += exact[i].squared_norm();
  }
  EXPECT_LT(std::sqrt(off / whole), 0.04);
}

TEST(TsneGradientTest, ExaggerationPullsTheMore) {
  const Affinities p = some_affinities(50);
  const std::vector<Point> points = plane(50, 1);
  std::vector<Point> once(50), twice(50), thrice(50);
  tsne_gradient(p, points, {.theta = 0}, once);
  tsne_gradient(p, points, {.theta = 0, .exaggeration = 2}, twice);
  tsne_gradient(p, points, {.theta = 0, .exaggeration = 3}, thrice);
  for (std::size_t i = 0; i < points.size(); ++i) {  // linear in it
    EXPECT_NEAR(thrice[i].x - twice[i].x, twice[i].x - once[i].x, 1e-12);
  }
}

}  // namespace
}  // namespace tenon::embed::internal
