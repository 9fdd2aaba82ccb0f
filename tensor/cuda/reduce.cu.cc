// Sums, products, extremes, norms, moments: reduce of the Backend interface.
#include "tensor/cuda/reduce.h"

#include <limits>

#include "tensor/cuda/kernels.h"
#include "tensor/cuda/reduce_methods.h"

namespace tenon::cuda {
namespace {

template <class C, class Op>
void fold(const Fold<C, Op>& method, const ReduceMap& map) {
  reduce_with(method, map);
}

template <class C>
void norm(double p, Fold<C, Add<C>> method, const ReduceMap& map) {
  if (std::isinf(p)) {
    if (p > 0) {
      return fold(Fold<C, Max<C>>{method.x, method.out, Each::kSize, End::kAtLeast0}, map);
    }
    return fold(Fold<C, Min<C>>{method.x, method.out, Each::kSize, End::kSame}, map);
  }
  method.each = p == 0   ? Each::kNotZero
                : p == 1 ? Each::kSize
                : p == 2 ? Each::kSquare
                         : Each::kPower;
  method.end = p == 0 || p == 1 ? End::kSame : p == 2 ? End::kRoot : End::kPower;
  method.power = static_cast<C>(p);
  method.end_power = static_cast<C>(1 / p);
  fold(method, map);
}

template <class C>
void reduce_as(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  const ReduceMap map = reduce_map("reduce", x, args.dims, out);
  const Elements from{x.raw_data(), x.dtype()}, to{out.raw_data(), out.dtype()};
  switch (args.op) {
    case ReduceOp::kSum:
      return fold(Fold<C, Add<C>>{from, to}, map);
    case ReduceOp::kProd:
      return fold(Fold<C, Multiply<C>>{from, to}, map);
    case ReduceOp::kMax:
      return fold(Fold<C, Max<C>>{from, to}, map);
    case ReduceOp::kMin:
      return fold(Fold<C, Min<C>>{from, to}, map);
    case ReduceOp::kAny:  // of nothing: the identities are false and true
      return fold(Fold<C, Max<C>>{from, to, Each::kNotZero, End::kPositive}, map);
    case ReduceOp::kAll:
      return fold(Fold<C, Min<C>>{from, to, Each::kNotZero, End::kSame}, map);
    default:
      break;
  }
  if constexpr (std::is_floating_point_v<C>) {
    switch (args.op) {
      case ReduceOp::kMean: {
        Fold<C, Add<C>> mean{from, to, Each::kSame, End::kQuotient};
        mean.end_power = static_cast<C>(map.count);
        return fold(mean, map);
      }
      case ReduceOp::kNorm:
        return norm<C>(args.parameter, {from, to}, map);
      case ReduceOp::kLogSumExp:
        return reduce_with(LogSumExp<C>{from, to}, map);
      default:
        return reduce_with(
            Variance<C>{from, to, static_cast<C>(args.parameter), args.op == ReduceOp::kStd}, map);
    }
  }
}

}  // namespace

void reduce(const ReduceArgs& args, const Tensor& x, const Tensor& out) {
  dispatch_compute(x.dtype(), [&]<class C>() { reduce_as<C>(args, x, out); });
}

}  // namespace tenon::cuda
