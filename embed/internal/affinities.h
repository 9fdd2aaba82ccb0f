// How near points are to each other, as t-SNE sees it: probabilities over pairs of neighbours.
#ifndef TENON_EMBED_INTERNAL_AFFINITIES_H_
#define TENON_EMBED_INTERNAL_AFFINITIES_H_

#include <cstdint>
#include <span>
#include <vector>

#include "tensor/tensor.h"

namespace tenon::embed::internal {

/// The k nearest other points of each of N, nearest first, of equally near ones those of lower
/// index. Those of point i lie at [i k, (i + 1) k).
struct Neighbors {
  std::int64_t k = 0;
  std::vector<std::int32_t> index = {};
  std::vector<double> squared_distance = {};
};

/// x [N,D] f64, 0 < k < N. Compares all pairs: N^2 D multiplications, in blocks of rows.
Neighbors nearest_neighbors(const Tensor& x, std::int64_t k);

/// p_j = exp(-beta d_j) / sum, with the beta for which their perplexity, 2 to the power of their
/// entropy in bits, is the one given (or as near as the distances allow).
/// (van der Maaten & Hinton 2008, "Visualizing data using t-SNE", §2)
std::vector<double> conditional_probabilities(std::span<const double> squared_distances,
                                              double perplexity);

/// A symmetric sparse matrix of N rows that sums to 1; the entries of row i lie at
/// [begin[i], begin[i + 1]), by rising column, none on the diagonal.
struct Affinities {
  std::vector<std::int64_t> begin = {};
  std::vector<std::int32_t> column = {};
  std::vector<double> p = {};

  std::int64_t size() const { return std::ssize(begin) - 1; }
};

/// p_ij = (p_j|i + p_i|j) / 2N over pairs of which one is a neighbour of the other.
/// (van der Maaten 2014, "Accelerating t-SNE using tree-based algorithms", §4.1)
Affinities joint_probabilities(const Neighbors& neighbors, double perplexity);

}  // namespace tenon::embed::internal

#endif  // TENON_EMBED_INTERNAL_AFFINITIES_H_
