#include "embed/pca.h"

#include <algorithm>
#include <string>

#include "embed/internal/check.h"
#include "embed/internal/leading_eigenvectors.h"
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

/// x^T x. Only blocks on and below the diagonal are multiplied, 5/8 of all: no others are read.
Tensor scatter_of(const Tensor& x) {
  constexpr std::int64_t kBlocks = 4;
  const std::int64_t columns = x.size(1), width = (columns + kBlocks - 1) / kBlocks;
  const Tensor scatter = zeros({columns, columns}, x.options());
  for (std::int64_t begin = 0; begin < columns; begin += width) {
    const std::int64_t end = std::min(begin + width, columns);
    const Tensor below = matmul(x.slice(1, begin).t(), x.slice(1, begin, end));
    scatter.slice(0, begin).slice(1, begin, end).copy_(below);
  }
  return scatter;
}

/// The eigenvectors cost D^3 whatever N, but square the condition; the singular vectors are for
/// points fewer than dimensions, where the covariance matrix would be singular.
internal::Eigenpairs axes_of(const Tensor& centred, std::int64_t count) {
  const auto n = static_cast<double>(centred.size(0) - 1);
  if (centred.size(1) > centred.size(0)) {
    const auto [u, singular, rows] = svd(centred);
    return {.values = square(singular) / n, .vectors = rows.slice(0, 0, count)};
  }
  auto axes = internal::leading_eigenvectors(scatter_of(centred) / n, count);
  axes.values = maximum(axes.values, 0);
  return axes;
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
  const internal::Eigenpairs axes = axes_of(points - mean, components);
  const double whole = sum(axes.values).item<double>();
  const Tensor variance = axes.values.slice(0, 0, components);
  return {.mean = mean.to(x.dtype()),
          .components = with_signs(axes.vectors).to(x.dtype()),
          .variance = variance.to(x.dtype()),
          .share = (whole > 0 ? variance / whole : zeros_like(variance)).to(x.dtype())};
}

}  // namespace tenon::embed
