// What the tests of tensors share: inputs, the same values in other memory layouts, comparisons.
#ifndef TENON_TENSOR_TESTING_CHECK_H_
#define TENON_TENSOR_TESTING_CHECK_H_

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <vector>

#include "tensor/error.h"
#include "tensor/tensor.h"
#include "tensor/testing/reference.h"

namespace tenon::testing {

inline constexpr DType kFloating[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16};
inline constexpr DType kNumeric[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16,
                                     DType::kI64, DType::kI32, DType::kU8};
inline constexpr DType kAllDTypes[] = {DType::kF32, DType::kF64, DType::kBF16, DType::kF16,
                                       DType::kI64, DType::kI32, DType::kU8,   DType::kBool};

/// Numbers in [low, high) that depend on the shape and the seed alone (integral dtypes: truncated).
Tensor values(const Shape& shape, double low = -2, double high = 2, DType dtype = DType::kF32,
              std::uint64_t seed = 1);

struct NamedTensor {
  std::string name;
  Tensor tensor;
};

/// The values of `x` in every memory layout that views can give: row-major, dimensions reversed in
/// memory, every second element of a larger tensor, with an offset, channels-last (4-d). Memory
/// between the elements holds other values, so that a kernel that reads there is found out.
std::vector<NamedTensor> layouts_of(const Tensor& x);

/// As torch.testing.assert_close: |actual - expected| <= absolute + relative |expected|.
struct Tolerance {
  double relative;
  double absolute;
};
Tolerance tolerance_of(DType dtype);

/// Shapes equal, values close in the tolerance of the result's dtype, times `factor`. NaN equals
/// NaN. Expected values beyond the dtype's range count as infinite.
void expect_close(const Tensor& actual, const Array& expected, double factor = 1,
                  const std::string& what = "");
/// As expect_close for sums of `terms` products of numbers up to 1 or so. Terms cancel, so that the
/// error, in f32 about 1e-7 a term and more than enough for the others, may exceed a small result.
void expect_close_sum(const Tensor& actual, const Array& expected, std::int64_t terms,
                      const std::string& what);
/// The same bits in the same shape and dtype.
void expect_identical(const Tensor& actual, const Tensor& expected, const std::string& what = "");

void expect_parts(const std::string& message, std::initializer_list<const char*> parts);

/// `call` must throw an E, and its message hold each of `parts`.
template <class E, class F>
void expect_error(const F& call, std::initializer_list<const char*> parts) {
  try {
    call();
  } catch (const E& error) {
    return expect_parts(error.what(), parts);
  } catch (const std::exception& error) {
    return expect_parts(std::string("an error of another type: ") + error.what(),
                        {"(the expected type of error)"});
  }
  expect_parts("nothing thrown", parts);
}

/// Runs kernels on `threads` threads as long as it lives.
class ThreadScope {
 public:
  explicit ThreadScope(int threads);
  ~ThreadScope();
  ThreadScope(const ThreadScope&) = delete;
  ThreadScope& operator=(const ThreadScope&) = delete;

 private:
  int before_;
};

}  // namespace tenon::testing

#endif  // TENON_TENSOR_TESTING_CHECK_H_
