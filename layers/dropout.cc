#include "layers/dropout.h"

#include "autograd/ops.h"

namespace tenon::layers {

void Dropout::init(const DropoutOptions& options) {
  if (!(options.p >= 0 && options.p < 1)) {
    throw ValueError(where() + "expected p in [0,1), got " + std::to_string(options.p));
  }
  p_ = options.p;
}

Variable Dropout::forward(const Variable& x) {
  return training() && p_ > 0 ? autograd::dropout(x, p_) : x;
}

std::string Dropout::describe() const {
  std::string p = std::to_string(p_);
  p.resize(p.find_last_not_of('0') + 1);  // 0.500000 -> 0.5
  if (p.back() == '.') p.pop_back();
  return "Dropout(" + p + ")";
}

}  // namespace tenon::layers
