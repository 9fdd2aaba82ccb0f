// Test images that a network gets wrong, to look at.
//
//   const Mistakes mistakes = find_mistakes(net, test_set);
//   absl::Status drawn = draw_mistakes(mistakes, {"cat", "dog"}, options.output("mistakes.png"));
#ifndef TENON_EXAMPLES_COMMON_MISTAKES_H_
#define TENON_EXAMPLES_COMMON_MISTAKES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "data/dataset.h"
#include "layers/module.h"
#include "tensor/tensor.h"

namespace tenon::examples {

struct Mistakes {
  Tensor images;  ///< f32 [M,C,H,W] of any scale; undefined where there are none
  std::vector<std::int64_t> labels = {}, predicted = {};  ///< M each
};

/// `most` of them, at most, from anywhere in the set (always the same order), with the network in
/// evaluation mode, on its device. None where the inputs are no images ([N,1,H,W] or [N,3,H,W] of
/// f32), or the targets no labels ([N] i64).
Mistakes find_mistakes(layers::Module& net, const data::Dataset& test, std::int64_t most = 40);

/// Writes a PNG with "label > prediction" below each image, whose values are brought to 0..1
/// together; nothing where there are none. `classes`: names, or empty for the numbers.
absl::Status draw_mistakes(const Mistakes& mistakes, const std::vector<std::string>& classes,
                           const std::string& path);

}  // namespace tenon::examples

#endif  // TENON_EXAMPLES_COMMON_MISTAKES_H_
