#include "init/internal/check.h"

#include <string>

namespace tenon::init::internal {

void check_floating(const Tensor& tensor, const char* op) {
  if (!tensor.defined()) {
    throw ValueError("[" + std::string(op) + "] expected a tensor, got an undefined one");
  }
  if (!is_floating(tensor.dtype())) {
    throw DTypeError("[" + std::string(op) + "] expected a floating tensor, got " +
                     std::string(name(tensor.dtype())) + " " + to_string(tensor.shape()));
  }
}

}  // namespace tenon::init::internal
