// Checks of derivatives against central differences: for tests of operations, rules and layers.
//
//   const absl::Status status = gradcheck(
//       [](std::span<const Variable> x) { return my_op(x[0], x[1]); }, {{a, b}});
//   EXPECT_TRUE(status.ok()) << status;   // gradient of input 1 at [2,0]: …
//
// The result is projected on fixed random weights, so a check costs two calls per input element and
// one backward, whatever the size of the result.
#ifndef TENON_AUTOGRAD_GRADCHECK_H_
#define TENON_AUTOGRAD_GRADCHECK_H_

#include <functional>
#include <span>

#include "absl/status/status.h"
#include "autograd/variable.h"

namespace tenon::autograd {

using CheckedFunction = std::function<Variable(std::span<const Variable> inputs)>;

struct GradcheckOptions {
  double step = 1e-6;  ///< of the differences, times max(1, |x|)
  double atol = 1e-5;
  double rtol = 1e-3;
};

/// Compares what backward() gives for every input with (f(x + h) - f(x - h)) / 2h. `inputs` are f64
/// (DTypeError); `fn` must be deterministic and smooth around them. Not OK: a message that names
/// the first element that differs, both values, and how many differ.
absl::Status gradcheck(const CheckedFunction& fn, std::span<const Tensor> inputs,
                       const GradcheckOptions& options = {});

/// The same for second derivatives: checks the gradient of the gradient, which is a function of the
/// inputs and of the gradient of the result.
absl::Status gradgradcheck(const CheckedFunction& fn, std::span<const Tensor> inputs,
                           const GradcheckOptions& options = {});

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_GRADCHECK_H_
