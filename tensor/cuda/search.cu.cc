// Where extremes are, whether all is finite, whether indices are in range.

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"

namespace tenon::cuda {
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

namespace {

template <class Index>
void find_outside(const IndexCheck& check, Fault* fault) {
  const Tensor flat = check.indices.reshape({-1});
  reduce_with(FindOutside<Index>{static_cast<const Index*>(flat.raw_data()),
                                 {check.op, check.what, check.size, check.exception.has_value(),
                                  check.exception.value_or(0)},
                                 fault},
              reduce_map(check.op, flat, 1, flat.narrow(0, 0, 1)));
}

}  // namespace

std::int64_t check_indices(const IndexCheck& check) {
  if (check.indices.numel() == 0) return -1;
  Fault* fault = fault_of_device();
  if (check.indices.dtype() == DType::kI32) {
    find_outside<std::int32_t>(check, fault);
  } else {
    find_outside<std::int64_t>(check, fault);
  }
  if (!checks_at_once()) return -1;
  leave_recording("TENON_CUDA_SYNC=1");
  wait_for_device();
  if (!fault->op) return -1;
  fault->op = nullptr;
  return fault->position;
}

}  // namespace tenon::cuda
