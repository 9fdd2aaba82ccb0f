#include "embed/tsne.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "embed/internal/affinities.h"
#include "embed/internal/check.h"
#include "embed/internal/tsne_gradient.h"
#include "embed/pca.h"
#include "tensor/ops.h"

namespace tenon::embed {
namespace {

using internal::Affinities;
using internal::Point;

constexpr int kReportEvery = 50;

void require(bool fine, const std::string& expected, double got) {
  if (!fine) throw ValueError("[tsne] expected " + expected + ", got " + std::to_string(got));
}

void check(const Tensor& x, const TsneOptions& options) {
  internal::require_points("tsne", x);
  const std::int64_t n = x.size(0);
  require(n >= 4, "at least 4 points", static_cast<double>(n));
  const double most = static_cast<double>(n - 1) / 3;
  require(
      options.perplexity >= 1 && options.perplexity <= most,
      "a perplexity from 1 to " + std::to_string(most) + " for " + std::to_string(n) + " points",
      options.perplexity);
  require(options.theta >= 0 && options.theta <= 0.7, "a theta from 0 to 0.7", options.theta);
  require(options.iterations >= 1, "at least 1 iteration", options.iterations);
  require(options.exaggeration >= 1 && std::isfinite(options.exaggeration),
          "an exaggeration of at least 1", options.exaggeration);
  require(options.lr >= 0 && std::isfinite(options.lr), "a positive learning rate", options.lr);
  internal::require_finite("tsne", x);
  if (!options.start.defined()) return;
  internal::require_points("tsne", options.start);
  internal::require_finite("tsne", options.start);
  if (options.start.shape() != Shape{n, 2}) {
    throw ShapeError("[tsne] expected a start " + to_string(Shape{n, 2}) + ", got " +
                     to_string(options.start.shape()));
  }
}

/// The first two principal components, the second all 0 where points have one dimension.
Tensor first_picture(const Tensor& x) {
  const Tensor plane = zeros({x.size(0), 2}, {.dtype = DType::kF64});
  const Pca pca = fit_pca(x, std::min<std::int64_t>(2, x.size(1)));
  plane.slice(1, 0, pca.components.size(0)).copy_(pca.project(x));
  const double width = std::sqrt(pca.variance.item<double>({0}));
  return width > 0 ? plane * (1e-4 / width) : plane;
}

std::vector<Point> to_points(const Tensor& plane) {
  const std::vector<double> values = plane.to(DType::kF64).to_vector<double>();
  std::vector<Point> points(values.size() / 2);
  for (std::size_t i = 0; i < points.size(); ++i) points[i] = {values[2 * i], values[2 * i + 1]};
  return points;
}

Tensor to_tensor(std::span<const Point> points) {
  std::vector<float> values;
  for (const Point& p : points) {
    values.push_back(static_cast<float>(p.x));
    values.push_back(static_cast<float>(p.y));
  }
  return from_vector(values, Shape{std::ssize(points), 2});
}

/// Gradient descent with momentum, and for each coordinate a gain that grows while it keeps its
/// direction and falls when it turns (Jacobs 1988, "Increased rates of convergence through learning
/// rate adaptation").
class Descent {
 public:
  Descent(std::size_t points, double lr) : lr_(lr), velocity_(points), gain_(points, Point{1, 1}) {}

  void step(std::span<const Point> gradient, double momentum, std::span<Point> points) {
    Point mean;
    for (std::size_t i = 0; i < points.size(); ++i) {
      move(gradient[i].x, momentum, velocity_[i].x, gain_[i].x);
      move(gradient[i].y, momentum, velocity_[i].y, gain_[i].y);
      points[i] += velocity_[i];
      mean += points[i];
    }
    mean = (1 / static_cast<double>(points.size())) * mean;
    for (Point& p : points) p -= mean;
  }

 private:
  void move(double gradient, double momentum, double& velocity, double& gain) const {
    gain = velocity * gradient < 0 ? gain + 0.2 : std::max(0.8 * gain, 0.01);
    velocity = momentum * velocity - lr_ * gain * gradient;
  }

  double lr_;
  std::vector<Point> velocity_;
  std::vector<Point> gain_;
};

}  // namespace

Tsne tsne(const Tensor& x, const TsneOptions& options) {
  check(x, options);
  const Tensor wide = x.to(DType::kF64).contiguous();
  const auto neighbors = static_cast<std::int64_t>(3 * options.perplexity);
  const Affinities p = internal::joint_probabilities(internal::nearest_neighbors(wide, neighbors),
                                                     options.perplexity);
  std::vector<Point> y = to_points(options.start.defined() ? options.start : first_picture(wide));
  std::vector<Point> gradient(y.size());
  const double rate = static_cast<double>(y.size()) / (4 * options.exaggeration);
  Descent descent(y.size(), options.lr > 0 ? options.lr : std::max(rate, 50.0));

  const int exaggerated = options.iterations / 4;
  double divergence = 0;
  for (int i = 1; i <= options.iterations; ++i) {
    const bool early = i <= exaggerated;
    internal::tsne_gradient(
        p, y, {.theta = options.theta, .exaggeration = early ? options.exaggeration : 1}, gradient);
    descent.step(gradient, early ? 0.5 : 0.8, y);
    if (i != options.iterations && (!options.progress || i % kReportEvery != 0)) continue;
    divergence = internal::divergence(
        p, y, internal::tsne_gradient(p, y, {.theta = options.theta}, gradient));
    if (options.progress) options.progress(i, divergence);
  }
  return {.points = to_tensor(y), .divergence = divergence};
}

}  // namespace tenon::embed
