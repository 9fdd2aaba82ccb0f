// Where extremes are, whether all is finite, the first index out of range.
#include <limits>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"

namespace tenon::cuda {
namespace {

/// All of a dense tensor as one row.
ReduceMap whole(const char* op, const Tensor& x, const Tensor& out) {
  return reduce_map(op, x.reshape({-1}), 1, out.reshape({1}));
}

}  // namespace

void arg_reduce(bool largest, const Tensor& x, int dim, const Tensor& out) {
  const ReduceMap map = reduce_map("arg_reduce", x, std::uint64_t{1} << dim, out);
  dispatch_compute(x.dtype(), [&]<class C>() {
    reduce_with(
        ArgExtreme<C>{
            {x.raw_data(), x.dtype()}, static_cast<std::int64_t*>(out.raw_data()), largest},
        map);
  });
}

bool all_finite(const Tensor& x) {
  const Tensor out = empty({}, {.dtype = DType::kBool, .device = x.device()});
  const std::uint64_t every = x.ndim() == 0 ? 0 : ~std::uint64_t{0};
  const Tensor kept = out.expand(Dims::filled(x.ndim(), 1));
  const ReduceMap map = reduce_map("all_finite", x, every, kept);
  dispatch_compute(x.dtype(), [&]<class C>() {
    reduce_with(AllFinite<C>{{x.raw_data(), x.dtype()}, static_cast<bool*>(out.raw_data())}, map);
  });
  return read_back<bool>(out, "all_finite");
}

std::int64_t first_outside(const Tensor& indices, std::int64_t size,
                           std::optional<std::int64_t> exception) {
  if (indices.numel() == 0) return -1;
  const Tensor out = empty({1}, {.dtype = DType::kI64, .device = indices.device()});
  reduce_with(FirstOutside{static_cast<const std::int64_t*>(indices.raw_data()), size,
                           exception.has_value(), exception.value_or(0),
                           static_cast<std::int64_t*>(out.raw_data())},
              whole("first_outside", indices, out));
  const auto found = read_back<std::int64_t>(out, "indices");
  return found == INT64_MAX ? -1 : found;
}

}  // namespace tenon::cuda
