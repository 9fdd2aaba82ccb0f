// What rows are built from.
#ifndef TENON_AUTOGRAD_TESTING_ROWS_H_
#define TENON_AUTOGRAD_TESTING_ROWS_H_

#include <cstdint>

#include "autograd/testing/op_table.h"
#include "tensor/tensor.h"

namespace tenon::autograd::testing {

/// f64 values between low and high that depend on the seed alone.
Tensor values(const Shape& shape, double low = -2, double high = 2, std::uint64_t seed = 1);

/// i64 values in [0, bound).
Tensor indices(const Shape& shape, std::int64_t bound, std::uint64_t seed = 1);

/// A constant of a sample where its inputs are: samples run on every device.
Tensor beside(const Tensor& constant, Inputs x);

/// f32, f64, bf16, f16.
std::vector<DType> floating();
/// Those and i64, i32.
std::vector<DType> numeric();

/// Too many elements for one vector or one block, and a count that no vector length divides.
inline const Shape kLarge{37, 301};

namespace rows {
#define TENON_OP(op) OpRow op();
#include "autograd/testing/op_names.inc"
#undef TENON_OP
}  // namespace rows

}  // namespace tenon::autograd::testing

#endif  // TENON_AUTOGRAD_TESTING_ROWS_H_
