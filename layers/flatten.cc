#include "layers/flatten.h"

#include "autograd/ops.h"

namespace tenon::layers {

Variable Flatten::forward(const Variable& x) {
  return autograd::flatten(x, options_.first, options_.last);
}

}  // namespace tenon::layers
