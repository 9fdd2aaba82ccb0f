#include "autograd/anomaly.h"

#include <string>

#include "autograd/internal/variable_impl.h"
#include "autograd/node.h"
#include "tensor/error.h"
#include "tensor/ops.h"

namespace tenon::autograd {

constinit thread_local bool detecting_anomaly = false;

namespace {

/// The index of the first NaN, or nothing: an empty string.
std::string place_of_nan(const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype()) || all_finite(x)) return "";
  const Tensor places = nonzero(ne(x, x));
  if (places.size(0) == 0) return "";
  return to_string(Dims(places.select(0, 0).to_vector<std::int64_t>())) + " of " +
         std::string(name(x.dtype())) + " " + to_string(x.shape());
}

}  // namespace

DetectAnomaly::DetectAnomaly(bool enabled) : before_(detecting_anomaly) {
  detecting_anomaly = enabled;
}
DetectAnomaly::~DetectAnomaly() { detecting_anomaly = before_; }

void check_result(const char* op, const Tensor& value, std::span<const Variable> inputs) {
  const std::string place = place_of_nan(value);
  if (place.empty()) return;
  std::string source = "its arguments hold none";
  for (std::size_t i = inputs.size(); i-- > 0;) {
    const std::string came_in = place_of_nan(inputs[i].value());
    if (!came_in.empty()) source = "argument " + std::to_string(i) + " holds one at " + came_in;
  }
  throw AutogradError("[" + std::string(op) + "] expected a result without NaN, got one at " +
                      place + " (" + source + ")");
}

void check_gradient(const Gradients& gradients, int input, const Tensor& grad) {
  const std::string place = place_of_nan(grad);
  if (place.empty()) return;
  std::string source = "the gradient of its result holds none";
  for (int i = 0; i < gradients.num_outputs(); ++i) {
    const std::string came_in = place_of_nan(gradients.output(i).value());
    if (!came_in.empty()) source = "the gradient of its result holds one at " + came_in;
  }
  throw AutogradError("[" + std::string(gradients.name()) +
                      "] expected gradients without NaN from its derivative, got one for input " +
                      std::to_string(input) + " at " + place + " (" + source + ")");
}

}  // namespace tenon::autograd
