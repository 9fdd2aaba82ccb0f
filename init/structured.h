// First values with a structure: orthogonal matrices, identities, sparse connections.
//
//   init::orthogonal_(recurrent_weight, generator);
//   init::dirac_(conv_weight);               // the convolution hands its input on
#ifndef TENON_INIT_STRUCTURED_H_
#define TENON_INIT_STRUCTURED_H_

#include "tensor/random.h"
#include "tensor/tensor.h"

namespace tenon::init {

struct OrthogonalOptions {
  double gain = 1;  ///< see init::gain
};
/// A weight [O,I,...], taken as a matrix [O, rest], with orthogonal rows (columns where there are
/// more rows than columns) of length gain, drawn uniformly among those. Computed in f64. Throws
/// ShapeError for fewer than 2 dimensions. (Saxe, McClelland & Ganguli 2014, "Exact solutions to
/// the nonlinear dynamics of learning in deep linear neural networks", §3)
void orthogonal_(const Tensor& weight, Generator& generator, const OrthogonalOptions& options = {});

/// The identity of a matrix [O,I]: ones at [i,i], else zeros. Throws ShapeError for other ranks.
/// (Le, Jaitly & Hinton 2015, "A simple way to initialize recurrent networks of rectified linear
/// units", §2)
void eye_(const Tensor& weight);

struct DiracOptions {
  std::int64_t groups = 1;
};
/// The identity of a convolution [O,I/groups,K...] of 1 to 3 spatial dimensions: as many channels
/// of each group as both sides have are handed on, the others get zeros. Throws ShapeError for
/// another number of dimensions, ValueError where groups do not divide O. (Zagoruyko & Komodakis
/// 2017, "DiracNets: training very deep neural networks without skip-connections", §3)
void dirac_(const Tensor& weight, const DiracOptions& options = {});

struct SparseOptions {
  double sparsity = 0.9;    ///< the share of zeros in each column, rounded up to whole elements
  double deviation = 0.01;  ///< of the others, which are normal
};
/// A matrix [O,I] where each input feeds only a few outputs. Throws ShapeError for another rank,
/// ValueError for a sparsity outside [0,1] or a negative deviation. (Martens 2010, "Deep learning
/// via Hessian-free optimization", §5)
void sparse_(const Tensor& weight, Generator& generator, const SparseOptions& options = {});

}  // namespace tenon::init

#endif  // TENON_INIT_STRUCTURED_H_
