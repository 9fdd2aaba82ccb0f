// Takes weights out of a network: the smallest, random ones, or whole channels.
//
//   Masks masks(net);                         // regularize/masks.h
//   prune_l1(masks, 0.2);                     // in each parameter the 20 % closest to 0
//   prune_l1(masks, 0.2);                     // and 20 % of the rest: 36 % in all
//
// Every function masks more of what is not masked yet: round(amount · remaining) of it, ties to
// even, as torch.nn.utils.prune does when it is called again and again. An amount of 0 changes
// nothing, 1 masks everything. To reach a sparsity whatever has been pruned before, pass
// amount_to_reach(). Throws ValueError for an amount outside [0,1]. The work is done on the host.
#ifndef TENON_REGULARIZE_PRUNING_H_
#define TENON_REGULARIZE_PRUNING_H_

#include <cstdint>
#include <span>

#include "regularize/masks.h"
#include "tensor/random.h"

namespace tenon::regularize {

/// In each parameter the weights of smallest magnitude; of equal ones the first. (Han et al. 2015,
/// "Learning both weights and connections for efficient neural networks", §3)
void prune_l1(Masks& masks, double amount);

/// The same with a share of its own for each parameter, in the order of masks.entries(). Throws
/// ValueError for more or fewer shares than entries, too.
void prune_l1_each(Masks& masks, std::span<const double> amounts);

/// The weights of smallest magnitude among all parameters together.
void prune_global_l1(Masks& masks, double amount);

/// Random weights, the same share of each parameter.
void prune_random(Masks& masks, double amount, Generator& generator = default_generator());

/// Random weights among all parameters together.
void prune_global_random(Masks& masks, double amount, Generator& generator = default_generator());

enum class ChannelNorm : std::uint8_t { kL1, kL2, kMax };
struct ChannelOptions {
  ChannelNorm norm = ChannelNorm::kL2;
  int dim = 0;  ///< 0: what produces an output channel or unit; 1: what reads an input
};
/// In each parameter of two dimensions or more the whole channels of smallest norm: the share is
/// one of channels. Others are left alone. Throws IndexError for a dimension that a parameter
/// lacks. (Li et al. 2017, "Pruning filters for efficient ConvNets", §3.1)
void prune_channels(Masks& masks, double amount, const ChannelOptions& options = {});

/// Random channels.
void prune_random_channels(Masks& masks, double amount, int dim = 0,
                           Generator& generator = default_generator());

/// The amount that brings all of them together from their present sparsity to `sparsity` (0 where
/// that is reached already). Throws ValueError outside [0,1].
double amount_to_reach(const Masks& masks, double sparsity);

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_PRUNING_H_
