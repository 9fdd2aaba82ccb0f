#include "autograd/testing/rows.h"

#include "tensor/random.h"

namespace tenon::autograd::testing {

Tensor values(const Shape& shape, double low, double high, std::uint64_t seed) {
  Generator generator(seed);
  return uniform(shape, low, high, generator, {.dtype = DType::kF64});
}

Tensor indices(const Shape& shape, std::int64_t bound, std::uint64_t seed) {
  Generator generator(seed);
  return randint(0, bound, shape, generator);
}

Tensor beside(const Tensor& constant, Inputs x) {
  return constant.defined() ? constant.to(x[0].value().device()) : constant;
}

std::vector<DType> floating() { return {DType::kF32, DType::kF64, DType::kBF16, DType::kF16}; }

std::vector<DType> numeric() {
  return {DType::kF32, DType::kF64, DType::kBF16, DType::kF16, DType::kI64, DType::kI32};
}

}  // namespace tenon::autograd::testing
