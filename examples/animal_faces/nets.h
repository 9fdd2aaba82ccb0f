// The networks of the experiments on animals: 3x32x32 pixels to three classes.
#ifndef TENON_EXAMPLES_ANIMAL_FACES_NETS_H_
#define TENON_EXAMPLES_ANIMAL_FACES_NETS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "layers/module.h"
#include "models/ffnn.h"

namespace tenon::examples {

using Net = std::unique_ptr<layers::Module>;

/// Hidden layers of the given sizes, leaky ReLUs between, PyTorch's first weights.
Net leaky_net(const std::vector<std::int64_t>& hidden);
/// The same with something of one's own, such as a dropout, before the activation of hidden layer
/// i.
Net leaky_net(const std::vector<std::int64_t>& hidden,
              const std::vector<models::AddActivation>& before);

/// 128 and 32 hidden units: 397,571 parameters.
inline Net animal_net() { return leaky_net({128, 32}); }
/// 124 and 64: 389,247 parameters.
inline Net big_animal_net() { return leaky_net({124, 64}); }

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_ANIMAL_FACES_NETS_H_
