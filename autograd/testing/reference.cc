#include "autograd/testing/reference.h"

namespace tenon::autograd::testing {

Array::Array(const Shape& s) : shape(s), values(static_cast<std::size_t>(numel(s))) {}

Array::Array(const Tensor& tensor)
    : shape(tensor.shape()), values(tensor.to(DType::kF64).to_vector<double>()) {}

Tensor Array::tensor() const { return from_vector(values, shape); }

std::size_t Array::place(const Dims& index) const {
  std::int64_t place = 0;
  const int lead = index.size() - shape.size();
  for (int d = 0; d < shape.size(); ++d) {
    place = place * shape[d] + (shape[d] == 1 ? 0 : index[d + lead]);
  }
  return static_cast<std::size_t>(place);
}

}  // namespace tenon::autograd::testing
