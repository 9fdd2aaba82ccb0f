// What t-SNE makes small, and its gradient.
#ifndef TENON_EMBED_INTERNAL_TSNE_GRADIENT_H_
#define TENON_EMBED_INTERNAL_TSNE_GRADIENT_H_

#include <span>

#include "embed/internal/affinities.h"
#include "embed/internal/quadtree.h"

namespace tenon::embed::internal {

struct TsneTerms {
  double theta = 0.5;       ///< of the quadtree; 0 is exact
  double exaggeration = 1;  ///< what the affinities are multiplied by
};

/// d KL / d y_i = 4 sum over j of (exaggeration p_ij - q_ij) (y_i - y_j) / (1 + |y_i - y_j|^2)
/// into `gradient`, and returns Z, the sum of 1 / (1 + |y_i - y_j|^2) over all pairs, by which
/// those become the q_ij. The same bits for any number of threads.
/// (van der Maaten 2014, §3 and §4.2, equation 8)
double tsne_gradient(const Affinities& p, std::span<const Point> y, const TsneTerms& terms,
                     std::span<Point> gradient);

/// KL(P || Q): sum of p_ij log(p_ij / q_ij).
double divergence(const Affinities& p, std::span<const Point> y, double z);

}  // namespace tenon::embed::internal

#endif  // TENON_EMBED_INTERNAL_TSNE_GRADIENT_H_
