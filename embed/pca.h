// Principal components: the directions along which points differ most.
//
//   embed::Pca pca = embed::fit_pca(x, 2);        // x [N,D]
//   Tensor plane = pca.project(x);                // [N,2]
//   double kept = sum(pca.share).item<double>();  // of the variance: 0 to 1
#ifndef TENON_EMBED_PCA_H_
#define TENON_EMBED_PCA_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon::embed {

/// All of the dtype that fit_pca() was given.
struct Pca {
  Tensor mean;        ///< [D]
  Tensor components;  ///< [K,D]: orthonormal rows, those of most variance first
  Tensor variance;    ///< [K], along each component (divided by N - 1)
  Tensor share;       ///< [K], of the whole variance; 0 where the points are all one

  /// Coordinates along the components: x [N,D] -> [N,K]. Throws ShapeError.
  Tensor project(const Tensor& x) const;
  /// The points with such coordinates: y [N,K] -> [N,D]. Throws ShapeError.
  Tensor reconstruct(const Tensor& y) const;
};

/// Fits K = `components` of them to x [N,D], f32 or f64 on the CPU, by the eigenvectors of the
/// covariance matrix (D <= N) or the singular vectors of the centred points, in f64. Of each
/// component the entry of largest magnitude is positive. Throws DTypeError, ShapeError for other
/// ranks, and ValueError for fewer than 2 points, K outside [1, min(N, D)], and elements that are
/// not finite. (Pearson 1901, "On lines and planes of closest fit to systems of points in space")
Pca fit_pca(const Tensor& x, std::int64_t components);

}  // namespace tenon::embed

#endif  // TENON_EMBED_PCA_H_
