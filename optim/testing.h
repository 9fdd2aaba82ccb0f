// What the tests of this package share.
#ifndef TENON_OPTIM_TESTING_H_
#define TENON_OPTIM_TESTING_H_

#include <string>
#include <vector>

#include "autograd/variable.h"
#include "optim/state_dict.h"

namespace tenon::optim::testing {

/// What `call` throws as an Exception.
template <class Exception, class F>
std::string message_of(const F& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

inline autograd::Variable leaf(const Shape& shape, double value = 1) {
  return autograd::Variable(full(shape, value), true);
}

inline std::vector<std::string> names(const StateDict& state) {
  std::vector<std::string> names;
  for (const auto& [name, tensor] : state) names.push_back(name);
  return names;
}

inline StateDict clone(const StateDict& state) {
  StateDict copy;
  for (const auto& [name, tensor] : state) copy.emplace_back(name, tensor.clone());
  return copy;
}

inline std::vector<float> floats(const Tensor& x) { return x.to(DType::kF32).to_vector<float>(); }

}  // namespace tenon::optim::testing

#endif  // TENON_OPTIM_TESTING_H_
