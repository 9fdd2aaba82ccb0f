#include "embed/pca.h"

#include <algorithm>
#include <string>
#include <tuple>

#include "embed/internal/check.h"
#include "tensor/ops.h"

namespace tenon::embed {
namespace {

void require_columns(const char* op, const Tensor& x, std::int64_t columns) {
  internal::require_points(op, x);
  if (x.size(1) == columns) return;
  throw ShapeError("[" + std::string(op) + "] expected points [N," + std::to_string(columns) +
                   "], got " + to_string(x.shape()));
}

/// Rows whose entry of largest magnitude is positive.
Tensor with_signs(const Tensor& rows) {
  const Tensor largest = argmax(abs(rows), 1, /*keepdim=*/true);
  return rows * sign(gather(rows, 1, largest));
}

/// x^T x, with the points in parts that threads take one by one: a product in f64 has one thread.
Tensor scatter_of(const Tensor& x) {
  constexpr std::int64_t kParts = 4;
  const std::int64_t n = x.size(0), dealt = n / kParts * kParts;
  const Tensor rest = x.slice(0, dealt);
  Tensor scatter = matmul(rest.t(), rest);
  if (dealt == 0) return scatter;
  const Tensor parts = x.slice(0, 0, dealt).reshape({kParts, dealt / kParts, x.size(1)});
  return scatter + sum(matmul(parts.transpose(1, 2), parts), {0});
}

struct Axes {
  Tensor variance;  // [min(N, D)], falling
  Tensor rows;      // [min(N, D), D]
};

/// The eigenvectors cost D^3 whatever N, but square the condition; the singular vectors are for
/// points fewer than dimensions, where the covariance matrix would be singular.
Axes axes_of(const Tensor& centred) {
  const auto n = static_cast<double>(centred.size(0) - 1);
  if (centred.size(1) > centred.size(0)) {
    const auto [u, singular, rows] = svd(centred);
    return {.variance = square(singular) / n, .rows = rows};
  }
  const auto [rising, vectors] = eigh(scatter_of(centred) / n);
  return {.variance = maximum(flip(rising, {0}), 0), .rows = flip(vectors, {1}).t().contiguous()};
}

}  // namespace

Tensor Pca::project(const Tensor& x) const {
  require_columns("project", x, components.size(1));
  return matmul(x.to(components.dtype()) - mean, components.t());
}

Tensor Pca::reconstruct(const Tensor& y) const {
  require_columns("reconstruct", y, components.size(0));
  return matmul(y.to(components.dtype()), components) + mean;
}

Pca fit_pca(const Tensor& x, std::int64_t components) {
  internal::require_points("fit_pca", x);
  const std::int64_t most = std::min(x.size(0), x.size(1));
  if (x.size(0) < 2) {
    throw ValueError("[fit_pca] expected at least 2 points, got " + to_string(x.shape()));
  }
  if (components < 1 || components > most) {
    throw ValueError("[fit_pca] expected 1 to " + std::to_string(most) + " components of points " +
                     to_string(x.shape()) + ", got " + std::to_string(components));
  }
  internal::require_finite("fit_pca", x);

  const Tensor points = x.to(DType::kF64);
  const Tensor mean = tenon::mean(points, {0});
  const Axes axes = axes_of(points - mean);
  const double whole = sum(axes.variance).item<double>();
  const Tensor variance = axes.variance.slice(0, 0, components);
  return {.mean = mean.to(x.dtype()),
          .components = with_signs(axes.rows.slice(0, 0, components)).to(x.dtype()),
          .variance = variance.to(x.dtype()),
          .share = (whole > 0 ? variance / whole : zeros_like(variance)).to(x.dtype())};
}

}  // namespace tenon::embed
