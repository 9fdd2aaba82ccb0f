// What every dropout checks.
#ifndef TENON_LAYERS_INTERNAL_DROPOUT_PROBABILITY_H_
#define TENON_LAYERS_INTERNAL_DROPOUT_PROBABILITY_H_

#include <string>

#include "tensor/error.h"

namespace tenon::layers::internal {

/// p, which must be in [0,1); throws ValueError that begins with `where`.
inline double dropout_probability(double p, const std::string& where) {
  if (p >= 0 && p < 1) return p;
  throw ValueError(where + "expected p in [0,1), got " + std::to_string(p));
}

}  // namespace tenon::layers::internal

#endif  // TENON_LAYERS_INTERNAL_DROPOUT_PROBABILITY_H_
