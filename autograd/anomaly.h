// Finding the operation that first produced a NaN.
//
//   {
//     const DetectAnomaly guard;
//     Variable loss = mean(log(model(x)));   // AutogradError: [log] expected a result without NaN
//     … loss.backward();                       // AutogradError: the derivative of [sqrt] gave NaN
//     …
//   }
//
// While one lives, each recorded operation of this thread looks at its result, and each rule of
// backward at the gradients it hands over; the first NaN throws an AutogradError that names the
// operation, the input or the element, and whether a NaN came in. Infinities pass. One reduction
// over every result and gradient: for finding a fault, not for training.
#ifndef TENON_AUTOGRAD_ANOMALY_H_
#define TENON_AUTOGRAD_ANOMALY_H_

#include <span>

#include "autograd/variable.h"

namespace tenon::autograd {

class Gradients;

class DetectAnomaly {
 public:
  explicit DetectAnomaly(bool enabled = true);
  ~DetectAnomaly();
  DetectAnomaly(const DetectAnomaly&) = delete;
  DetectAnomaly& operator=(const DetectAnomaly&) = delete;

 private:
  bool before_;
};

// For the recording of operations. Constant-initialized, so that reading it is one instruction.
extern constinit thread_local bool detecting_anomaly;

/// Throws AutogradError where `value`, the result of `op`, holds a NaN.
void check_result(const char* op, const Tensor& value, std::span<const Variable> inputs);
/// Throws AutogradError where `grad`, what the rule at work gives for an input, holds a NaN.
void check_gradient(const Gradients& gradients, int input, const Tensor& grad);

}  // namespace tenon::autograd

#endif  // TENON_AUTOGRAD_ANOMALY_H_
