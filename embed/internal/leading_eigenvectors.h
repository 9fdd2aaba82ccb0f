// The eigenvectors of a symmetric matrix's largest eigenvalues, without the others.
#ifndef TENON_EMBED_INTERNAL_LEADING_EIGENVECTORS_H_
#define TENON_EMBED_INTERNAL_LEADING_EIGENVECTORS_H_

#include <cstdint>

#include "tensor/tensor.h"

namespace tenon::embed::internal {

struct Eigenpairs {
  Tensor values;   ///< [D]: all, falling
  Tensor vectors;  ///< [K,D]: orthonormal rows, those of the first K values
};

/// x [D,D] f64, dense, of which the lower triangle is read; all of it finite. 1 <= K <= D. Costs
/// 4/3 D^3, what it takes to make x tridiagonal; all eigenvectors would cost four times that.
/// Eigenvectors come by inverse iteration (Wilkinson 1965, "The algebraic eigenvalue problem",
/// §5.54), each kept orthogonal to those before it. Where one of them fails its test, and where K
/// is more than a quarter of D, they come from eigh().
Eigenpairs leading_eigenvectors(const Tensor& x, std::int64_t count);

}  // namespace tenon::embed::internal

#endif  // TENON_EMBED_INTERNAL_LEADING_EIGENVECTORS_H_
