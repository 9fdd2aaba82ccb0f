// The norm of many tensors as one vector: each is reduced to one f64, those are reduced on the
// device, and the host waits for the result.
#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"

namespace tenon::cuda {
namespace {

/// |x|, x^2 or what is there already, summed or compared in f64.
template <class C>
struct Magnitudes {
  using Partial = double;

  Elements x;
  double* out;
  Norm norm;
  bool made;  // the elements are magnitudes

  TENON_HOST_DEVICE double identity() const { return 0; }
  TENON_HOST_DEVICE double combine(double a, double b) const {
    if (norm != Norm::kMax) return a + b;
    return b > a || is_nan(b) ? b : a;  // NaN stays
  }
  TENON_HOST_DEVICE void add(double& partial, const Place& place) const {
    const auto value = static_cast<double>(load<C>(x, place.offset));
    const double size = made ? value : norm == Norm::kL2 ? value * value : std::fabs(value);
    partial = combine(partial, size);
  }
  TENON_HOST_DEVICE void finish(const Place&, double value) const { *out = value; }
};

template <class C>
void magnitude(Norm norm, bool made, const Tensor& x, const Tensor& out) {
  const Tensor flat = x.reshape({-1});
  reduce_with(
      Magnitudes<C>{
          {flat.raw_data(), flat.dtype()}, static_cast<double*>(out.raw_data()), norm, made},
      reduce_map("total_norm", flat, 1, out.reshape({1})));
}

}  // namespace

double total_norm(Norm norm, std::span<const Tensor> tensors) {
  if (tensors.empty()) return 0;
  const auto count = static_cast<std::int64_t>(tensors.size());
  const TensorOptions options{.dtype = DType::kF64, .device = tensors[0].device()};
  const Tensor parts = empty({count}, options), total = empty({1}, options);
  for (std::int64_t i = 0; i < count; ++i) {
    const Tensor& x = tensors[static_cast<std::size_t>(i)];
    dispatch_floating(x.dtype(),
                      [&]<class C>() { magnitude<C>(norm, false, x, parts.narrow(0, i, 1)); });
  }
  magnitude<double>(norm, true, parts, total);
  const auto value = read_back<double>(total, "total_norm");
  return norm == Norm::kL2 ? std::sqrt(value) : value;
}

}  // namespace tenon::cuda
