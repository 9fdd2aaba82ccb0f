// t-SNE: points of many dimensions in a plane, neighbours beside neighbours.
//
//   embed::Tsne map = embed::tsne(features, {.perplexity = 30});   // features [N,D]
//   Tensor plane = map.points;                                     // [N,2]
//
// Distances between groups, and the size of a group, mean little in such a picture; who is beside
// whom is what it keeps. Many dimensions are better brought to about 50 by fit_pca() first.
#ifndef TENON_EMBED_TSNE_H_
#define TENON_EMBED_TSNE_H_

#include <cstdint>
#include <functional>

#include "tensor/tensor.h"

namespace tenon::embed {

struct TsneOptions {
  /// About how many neighbours a point has; at least 1, at most (N - 1) / 3.
  double perplexity = 30;
  /// 0 to 0.7: cells narrower than that share of their distance count as one point; 0 is exact.
  double theta = 0.5;
  int iterations = 1000;
  double exaggeration = 12;  ///< of the affinities in the first quarter of the iterations
  /// 0: N / (4 exaggeration), but at least 50 (Belkina et al. 2019, "Automated optimized parameters
  /// for t-SNE", with a gradient that holds the factor 4).
  double lr = 0;
  /// Where the points begin, [N,2]; undefined: the first two principal components, 1e-4 wide
  /// (Kobak & Berens 2019, "The art of using t-SNE for single-cell transcriptomics").
  Tensor start = {};
  /// Called every 50 iterations and after the last with the Kullback-Leibler divergence.
  std::function<void(int iteration, double divergence)> progress = {};
};

struct Tsne {
  Tensor points;          ///< [N,2] f32, centred
  double divergence = 0;  ///< Kullback-Leibler's, of the picture from the points, in nats
};

/// x [N,D], f32 or f64 on the CPU. Steps with momentum 0.5, later 0.8, and a gain for each
/// coordinate, as in the reference implementation. Nothing is random: the same points give the same
/// picture, whatever the number of threads. Neighbours are found by comparing all pairs (N^2 D); an
/// iteration costs N log N. Throws DTypeError, ShapeError, and ValueError for options outside the
/// ranges above and elements that are not finite. (van der Maaten 2014, "Accelerating t-SNE using
/// tree-based algorithms"; van der Maaten & Hinton 2008, "Visualizing data using t-SNE")
Tsne tsne(const Tensor& x, const TsneOptions& options = {});

}  // namespace tenon::embed

#endif  // TENON_EMBED_TSNE_H_
