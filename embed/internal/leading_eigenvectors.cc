#include "embed/internal/leading_eigenvectors.h"

#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "tensor/ops.h"

namespace tenon::embed::internal {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using RowMajor = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

struct Tridiagonal {
  VectorXd diagonal, beside;

  /// The largest sum of a row's magnitudes, which no eigenvalue exceeds.
  double norm() const {
    VectorXd sums = diagonal.cwiseAbs();
    sums.head(beside.size()) += beside.cwiseAbs();
    sums.tail(beside.size()) += beside.cwiseAbs();
    return sums.maxCoeff();
  }
  VectorXd times(const VectorXd& x) const {
    const Index last = beside.size();
    VectorXd y = diagonal.cwiseProduct(x);
    y.head(last) += beside.cwiseProduct(x.tail(last));
    y.tail(last) += beside.cwiseProduct(x.head(last));
    return y;
  }
};

/// L U = P (T - shift), with row exchanges. A pivot that is next to nothing becomes `least`: at an
/// eigenvalue one of them is nothing but rounding errors, and its size matters no more than they.
class Factors {
 public:
  Factors(const Tridiagonal& t, double shift, double least)
      : pivots_(t.diagonal.array() - shift),
        lower_(t.beside),
        upper_(t.beside),
        second_(VectorXd::Zero(t.beside.size())),
        exchanged_(static_cast<std::size_t>(t.beside.size())) {
    const Index last = lower_.size();
    for (Index i = 0; i < last; ++i) {
      exchanged_[static_cast<std::size_t>(i)] = std::abs(pivots_(i)) < std::abs(lower_(i));
      if (exchanged_[static_cast<std::size_t>(i)]) {
        std::swap(pivots_(i), lower_(i));
        std::swap(upper_(i), pivots_(i + 1));
        if (i + 1 < last) std::swap(second_(i), upper_(i + 1));
      }
      if (std::abs(pivots_(i)) < least) pivots_(i) = least;
      lower_(i) /= pivots_(i);
      pivots_(i + 1) -= lower_(i) * upper_(i);
      if (i + 1 < last) upper_(i + 1) -= lower_(i) * second_(i);
    }
    if (std::abs(pivots_(last)) < least) pivots_(last) = least;
  }

  void solve(VectorXd& x) const {
    const Index last = lower_.size();
    for (Index i = 0; i < last; ++i) {
      if (exchanged_[static_cast<std::size_t>(i)]) std::swap(x(i), x(i + 1));
      x(i + 1) -= lower_(i) * x(i);
    }
    x(last) /= pivots_(last);
    for (Index i = last - 1; i >= 0; --i) {
      x(i) -= upper_(i) * x(i + 1);
      if (i + 2 <= last) x(i) -= second_(i) * x(i + 2);
      x(i) /= pivots_(i);
    }
  }

 private:
  VectorXd pivots_, lower_, upper_, second_;
  std::vector<bool> exchanged_;
};

/// A unit vector of t's eigenvalue, orthogonal to the columns of `before`, or none.
std::optional<VectorXd> eigenvector(const Tridiagonal& t, double value, double norm,
                                    const Eigen::Ref<const MatrixXd>& before,
                                    std::minstd_rand& random) {
  constexpr int kMostIterations = 6;  // two or three are usual
  const double scale = norm > 0 ? norm : 1;
  // What QR leaves of an eigenvalue's error grows about so with the size.
  const double tolerance = 8 * kEpsilon * std::sqrt(static_cast<double>(t.diagonal.size())) * scale;
  const Factors factors(t, value, kEpsilon * scale);
  VectorXd x(t.diagonal.size());
  for (double& element : x) element = std::uniform_real_distribution<double>(-1, 1)(random);
  for (int i = 0; i < kMostIterations; ++i) {
    factors.solve(x);
    x /= x.stableNorm();
    // Once more: what was left of x may be little, and as inexact as what was taken away.
    for (int twice = 0; twice < 2; ++twice) {
      x -= before * (before.transpose() * x);
      x /= x.norm();
    }
    if (i > 0 && (t.times(x) - value * x).norm() <= tolerance) return x;
  }
  return std::nullopt;
}

/// Columns: the eigenvectors of the last values, the last one first.
std::optional<MatrixXd> eigenvectors(const Tridiagonal& t, const VectorXd& rising, Index count) {
  const double norm = t.norm();
  std::minstd_rand random(1);
  MatrixXd vectors(rising.size(), count);
  for (Index k = 0; k < count; ++k) {
    const auto found =
        eigenvector(t, rising(rising.size() - 1 - k), norm, vectors.leftCols(k), random);
    if (!found) return std::nullopt;
    vectors.col(k) = *found;
  }
  return vectors;
}

Eigenpairs by_eigh(const Tensor& x, std::int64_t count) {
  const auto [rising, vectors] = eigh(x);
  return {.values = flip(rising, {0}),
          .vectors = flip(vectors, {1}).slice(1, 0, count).t().contiguous()};
}

}  // namespace

Eigenpairs leading_eigenvectors(const Tensor& x, std::int64_t count) {
  const std::int64_t size = x.size(0);
  if (4 * count > size) return by_eigh(x, count);
  const Eigen::Tridiagonalization<MatrixXd> reduced(
      Eigen::Map<const RowMajor>(x.data<double>(), size, size));
  const Tridiagonal t{reduced.diagonal(), reduced.subDiagonal()};
  Eigen::SelfAdjointEigenSolver<MatrixXd> solver;
  solver.computeFromTridiagonal(t.diagonal, t.beside, Eigen::EigenvaluesOnly);
  if (solver.info() != Eigen::Success) return by_eigh(x, count);
  auto vectors = eigenvectors(t, solver.eigenvalues(), count);
  if (!vectors) return by_eigh(x, count);
  vectors->applyOnTheLeft(reduced.matrixQ());

  const Tensor values = empty({size}, x.options()), rows = empty({count, size}, x.options());
  Eigen::Map<VectorXd>(values.data<double>(), size) = solver.eigenvalues().reverse();
  Eigen::Map<RowMajor>(rows.data<double>(), count, size) = vectors->transpose();
  return {.values = values, .vectors = rows};
}

}  // namespace tenon::embed::internal
