// What the tests of several layers share.
#ifndef TENON_LAYERS_INTERNAL_TEST_UTIL_H_
#define TENON_LAYERS_INTERNAL_TEST_UTIL_H_

#include <cmath>
#include <string>
#include <vector>

#include "autograd/variable.h"
#include "gtest/gtest.h"

namespace tenon::layers::internal {

/// The message of the Exception that `call` throws.
template <class Exception, class F>
std::string message_of(F&& call) {
  try {
    call();
  } catch (const Exception& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// Elements in row-major order.
inline std::vector<float> values(const autograd::Variable& x) {
  return x.value().to_vector<float>();
}

/// PyTorch's default is uniform in ±bound: no value beyond it, and the standard deviation of that
/// distribution, bound / sqrt(3), within 4 of its standard errors.
inline void expect_default_init(const autograd::Variable& parameter, double bound) {
  double squares = 0;
  for (float v : values(parameter)) {
    ASSERT_LE(std::abs(v), bound * (1 + 1e-6));
    squares += static_cast<double>(v) * v;
  }
  const auto n = static_cast<double>(parameter.numel());
  const double deviation = bound / std::sqrt(3.0);
  EXPECT_NEAR(std::sqrt(squares / n), deviation, 4 * deviation / std::sqrt(2 * n));
}

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_TEST_UTIL_H_
