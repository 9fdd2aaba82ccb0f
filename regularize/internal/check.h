// Checks that the files of this package share.
#ifndef TENON_REGULARIZE_INTERNAL_CHECK_H_
#define TENON_REGULARIZE_INTERNAL_CHECK_H_

#include <cmath>
#include <string>
#include <string_view>
#include <vector>

#include "layers/freeze.h"
#include "layers/module.h"
#include "tensor/error.h"

namespace tenon::regularize::internal {

/// Throws ValueError `[op] expected <what>, got <value>` unless `ok`.
inline void require(const char* op, bool ok, const std::string& what, double value) {
  if (!ok) {
    throw ValueError(std::string("[") + op + "] expected " + what + ", got " +
                     std::to_string(value));
  }
}

/// A factor has to be finite and 0 or more.
inline void require_factor(const char* op, const char* name, double value) {
  require(op, std::isfinite(value) && value >= 0, std::string("a finite ") + name + " of 0 or more",
          value);
}

/// A share has to be in [0, 1].
inline void require_share(const char* op, const char* name, double value) {
  require(op, value >= 0 && value <= 1, std::string(name) + " from 0 to 1", value);
}

/// The parameters that match, without their names.
inline std::vector<layers::Variable> chosen(const layers::Module& module,
                                            std::string_view pattern) {
  std::vector<layers::Variable> parameters;
  for (auto& [name, parameter] : layers::parameters_matching(module, pattern)) {
    parameters.push_back(parameter);
  }
  return parameters;
}

}  // namespace tenon::regularize::internal

#endif  // TENON_REGULARIZE_INTERNAL_CHECK_H_
