#include "layers/bilinear.h"

#include <cmath>

#include "autograd/ops.h"
#include "init/init.h"

namespace tenon::layers {

void Bilinear::init() {
  const BilinearOptions& o = options_;
  if (o.in1_features < 1 || o.in2_features < 1 || o.out_features < 1) {
    throw ValueError(where() + "expected features of at least 1, got " +
                     std::to_string(o.in1_features) + ", " + std::to_string(o.in2_features) +
                     " and " + std::to_string(o.out_features));
  }
  const double bound = 1 / std::sqrt(static_cast<double>(o.in1_features));
  const auto uniform = [&](const Shape& shape) {
    const Tensor values = empty(shape);
    init::uniform_(values, default_generator(), {.low = -bound, .high = bound});
    return values;
  };
  weight_ = parameter("weight", uniform({o.out_features, o.in1_features, o.in2_features}));
  if (o.bias) bias_ = parameter("bias", uniform({o.out_features}));
}

Variable Bilinear::forward(const Variable& x1, const Variable& x2) {
  const std::int64_t first = options_.in1_features;
  const std::int64_t second = options_.in2_features;
  Shape leading = x1.shape();
  Shape leading2 = x2.shape();
  const bool fits =
      x1.ndim() >= 1 && x2.ndim() >= 1 && x1.size(-1) == first && x2.size(-1) == second;
  if (fits) {
    leading.erase(leading.size() - 1);
    leading2.erase(leading2.size() - 1);
  }
  if (!fits || leading != leading2) {
    throw ShapeError(where() + "expected x1 [..," + std::to_string(first) + "] and x2 [..," +
                     std::to_string(second) + "], got " + to_string(x1.shape()) + " and " +
                     to_string(x2.shape()));
  }
  // x1 times all of W at once, [N,O I2], then each row against its x2.
  const std::int64_t out = options_.out_features;
  const std::int64_t rows = numel(leading);
  const Variable flat = autograd::reshape(x1, {rows, first});
  const Variable kernels =
      autograd::reshape(autograd::permute(weight_, {1, 0, 2}), {first, out * second});
  const Variable product = autograd::reshape(autograd::matmul(flat, kernels), {rows, out, second});
  Variable y =
      autograd::squeeze(autograd::matmul(product, autograd::reshape(x2, {rows, second, 1})), 2);
  if (bias_.defined()) y = y + bias_;
  leading.push_back(out);
  return autograd::reshape(y, leading);
}

std::string Bilinear::describe() const {
  return "Bilinear(" + std::to_string(options_.in1_features) + ", " +
         std::to_string(options_.in2_features) + " -> " + std::to_string(options_.out_features) +
         (bias_.defined() ? "" : ", no bias") + ")";
}

}  // namespace tenon::layers
