// Sums over all pairs of points in the plane in N log N steps: far points are taken together.
//
//   Quadtree tree(points);
//   Repulsion r = tree.repulsion(points[i], 0.5);
#ifndef TENON_EMBED_INTERNAL_QUADTREE_H_
#define TENON_EMBED_INTERNAL_QUADTREE_H_

#include <cstdint>
#include <span>
#include <vector>

namespace tenon::embed::internal {

struct Point {
  double x = 0;
  double y = 0;

  Point& operator+=(const Point& other) {
    x += other.x;
    y += other.y;
    return *this;
  }
  Point& operator-=(const Point& other) {
    x -= other.x;
    y -= other.y;
    return *this;
  }
  friend Point operator-(Point a, const Point& b) { return a -= b; }
  friend Point operator*(double s, const Point& p) { return {s * p.x, s * p.y}; }
  double squared_norm() const { return x * x + y * y; }
};

/// What the other points do to one, with q = 1 / (1 + squared distance).
struct Repulsion {
  Point force = {};  ///< sum of q^2 (this - other)
  double sum = 0;    ///< of q
};

class Quadtree {
 public:
  /// At least one point, all finite.
  explicit Quadtree(std::span<const Point> points);

  /// From all points but one at `at`, which must be among them. A cell whose width is below theta
  /// times its distance counts as that many points at their mean; theta <= 0.7, so that the cell
  /// that `at` lies in never does, and 0 is exact.
  /// (Barnes & Hut 1986; van der Maaten 2014, "Accelerating t-SNE using tree-based algorithms",
  /// §4.2)
  Repulsion repulsion(const Point& at, double theta) const;

 private:
  // In preorder: the first child follows its parent, and `next` leads past everything below.
  struct Cell {
    Point mean;
    double squared_width;  // 0 for a leaf, which is always taken as one
    double count;
    std::int32_t next;
  };

  void build(std::span<Point> points, std::span<Point> scratch, Point corner, double width,
             int depth);

  std::vector<Cell> cells_;
};

}  // namespace tenon::embed::internal

#endif  // TENON_EMBED_INTERNAL_QUADTREE_H_
