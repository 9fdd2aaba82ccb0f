// The networks for MNIST that the experiments of this folder share.
#ifndef TENON_EXAMPLES_OPTIMIZATION_NETWORKS_H_
#define TENON_EXAMPLES_OPTIMIZATION_NETWORKS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "layers/module.h"

namespace tenon::examples {

struct PerceptronOptions {
  std::vector<std::int64_t> hidden = {256};
  bool batch_norm = false;  ///< between each hidden layer and its ReLU
};

/// Images [N,1,28,28] -> [N,10].
std::unique_ptr<layers::Module> make_perceptron(const PerceptronOptions& options = {});

/// Two blocks of a residual perceptron, of 128 and 64 features. Images [N,1,28,28] -> [N,10].
std::unique_ptr<layers::Module> make_residual_perceptron();

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_OPTIMIZATION_NETWORKS_H_
